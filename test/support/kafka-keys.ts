import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A CA and a server certificate for 127.0.0.1, in the one PEM file that Kafka reads. Answers with the CA's file. */
export async function writeKeys(folder: string): Promise<string> {
  const at = (name: string): string => join(folder, name)
  const openssl = (...words: readonly string[]) => run('openssl', [...words])
  await openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=redrive test CA'],
    ...['-keyout', at('ca.key'), '-out', at('ca.pem')],
  )
  await openssl(
    ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=kafka'],
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  )
  await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:kafka.test')
  await openssl(
    ...['x509', '-req', '-days', '2', '-in', at('server.csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key')],
    ...['-CAcreateserial', '-extfile', at('names'), '-out', at('server.crt')],
  )
  const parts = await Promise.all(
    ['server.key', 'server.crt', 'ca.pem'].map((name) => readFile(at(name), 'utf8')),
  )
  await writeFile(at('server.pem'), parts.join(''))
  return at('ca.pem')
}
