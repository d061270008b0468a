import { readFile } from 'node:fs/promises'
import { RedriveError } from '../../domain/errors.ts'
import type { TlsOptions } from '../../domain/workspace.ts'

export interface TlsFiles {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** Reads the files of the TLS options. Throws RedriveError `tls-failed` where one cannot be read. */
export async function readTlsFiles(options: TlsOptions): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all(
    [options.caFile, options.certFile, options.keyFile].map((file) => readPem(file)),
  )
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RedriveError(
      'tls-failed',
      'never',
      { server: 'the server', file, reason: `${file}: ${reason}` },
      { cause: error },
    )
  }
}
