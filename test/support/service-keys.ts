import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ServiceKeys {
  readonly ca: string
  readonly server: { readonly cert: string; readonly key: string }
  readonly client: { readonly cert: string; readonly key: string }
}

/** A CA with the certificates of a service on 127.0.0.1 and of a client; files in `folder`. */
export async function writeServiceKeys(folder: string): Promise<ServiceKeys> {
  const at = (name: string): string => join(folder, name)
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=redrive service CA'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  ])
  const signed = async (name: string) => {
    const [key, request, names, cert] = ['key', 'csr', 'names', 'crt'].map((end) => at(`${name}.${end}`))
    if (!key || !request || !names || !cert) throw new Error('unreachable')
    await run('openssl', [
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', request],
    ])
    await writeFile(names, 'subjectAltName=IP:127.0.0.1,DNS:service.test')
    await run('openssl', [
      ...['x509', '-req', '-days', '2', '-in', request, '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
      ...['-CAcreateserial', '-extfile', names, '-out', cert],
    ])
    return { cert, key }
  }
  const server = await signed('server')
  return { ca: at('ca.pem'), server, client: await signed('client') }
}
