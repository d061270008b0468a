import { readFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { RedriveError } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'

export type TlsRequestOptions = Pick<
  RequestOptions,
  'rejectUnauthorized' | 'ca' | 'cert' | 'key' | 'servername'
>

/**
 * Read at each call, so that a renewed certificate is picked up. Without options the certificate and the name are checked.
 * Throws RedriveError `tls-failed` where a file cannot be read.
 */
export async function tlsRequestOptions(tls: TlsOptions | undefined): Promise<TlsRequestOptions> {
  if (tls === undefined) return {}
  const [ca, cert, key] = await Promise.all([pem(tls.caFile), pem(tls.certFile), pem(tls.keyFile)])
  return {
    rejectUnauthorized: tls.mode === 'verify-full',
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  }
}

async function pem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file)
  } catch (cause) {
    const reason = `${file} cannot be read`
    throw new RedriveError('tls-failed', 'never', { server: 'the service', file, reason }, { cause })
  }
}
