import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, link, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { BACKUP_FORMAT, BACKUP_VERSION, backupText } from '../../domain/backup.ts'
import type { BackupClaim, BackupManifest, BackupPart } from '../../domain/backup.ts'
import { signatureFault } from '../../domain/checkpoint.ts'
import type { VerifyingKey } from '../../domain/checkpoint.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { Signer } from '../../ports/signing.ts'

/*
 * A backup is one file: a line of JSON, the manifest, and behind it the parts that it names, one after the other.
 */
const MANIFEST_BYTES_MAX = 64 * 1024
const CHUNK_BYTES = 1024 * 1024

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const manifestSchema = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  version: z.literal(BACKUP_VERSION),
  madeAt: z.iso.datetime(),
  madeBy: z.string().max(1_000),
  head: z.strictObject({ seq: z.int().positive(), hash: sha256 }).nullable(),
  parts: z
    .array(
      z.strictObject({
        name: z.enum(['workspace.json', 'redrive.db', 'journal.pem']),
        bytes: z.int().min(0),
        sha256,
      }),
    )
    .max(10),
  key: sha256,
  signature: z.string().max(200),
})

export type PartFile = { readonly name: BackupPart['name']; readonly file: string }

/** Writes the parts and what they are into one new file. */
export async function writeBackup(
  path: string,
  files: readonly PartFile[],
  about: Omit<BackupClaim, 'parts' | 'key' | 'format' | 'version'>,
  signer: Signer,
): Promise<BackupManifest> {
  const parts: BackupPart[] = []
  for (const { name, file } of files)
    parts.push({ name, bytes: (await stat(file)).size, sha256: await digestOf(file) })
  const claim: BackupClaim = {
    format: BACKUP_FORMAT,
    version: BACKUP_VERSION,
    ...about,
    parts,
    key: signer.fingerprint,
  }
  const manifest = { ...claim, signature: signer.sign(backupText(claim)) }
  const next = `${path}.${process.pid}.new`
  const out = await open(next, 'wx', 0o600)
  try {
    await out.write(`${JSON.stringify(manifest)}\n`)
    for (const { file } of files)
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }))
        await out.write(chunk as Buffer)
    await out.sync()
    await out.close()
    // Not renamed: what another one wrote meanwhile is not written over.
    await link(next, path)
    await rm(next)
    return manifest
  } catch (error) {
    await out.close().catch(() => undefined)
    await rm(next, { force: true })
    throw error
  }
}

export interface Unpacked {
  readonly manifest: BackupManifest
  /** Where each part is now. */
  readonly files: ReadonlyMap<BackupPart['name'], string>
  /** Removes what is left of them. */
  readonly close: () => Promise<void>
}

/**
 * Takes the parts out, beside where they will stand, and checks each against its digest, and all of it against the signature of
 * one of `keys`. Throws `backup-damaged`.
 */
export async function readBackup(
  path: string,
  folder: string,
  keys: readonly VerifyingKey[],
): Promise<Unpacked> {
  const into = await mkdtemp(join(folder, '.restore-'))
  const source = await open(path, 'r').catch(async (error: unknown) => {
    await rm(into, { recursive: true })
    throw damaged(path, 'it cannot be read', error)
  })
  const close = (): Promise<void> => rm(into, { recursive: true, force: true })
  try {
    const { manifest, at } = await manifestOf(source, path)
    const fault = signatureFault(backupText(manifest), manifest, keys)
    if (fault === 'unknown-key')
      throw damaged(
        path,
        `it is signed by the key ${manifest.key}, which nobody here knows: name its public key with --key`,
      )
    if (fault !== null) throw damaged(path, 'its signature does not fit what it says')
    const files = new Map<BackupPart['name'], string>()
    let from = at
    for (const part of manifest.parts) {
      const file = join(into, basename(part.name))
      const sum = await copyPart(source, { from, bytes: part.bytes }, file)
      if (sum !== part.sha256) throw damaged(path, `${part.name} in it is not what was put in`)
      from += part.bytes
      files.set(part.name, file)
    }
    if ((await source.stat()).size !== from) throw damaged(path, 'something follows its last part')
    return { manifest, files, close }
  } catch (error) {
    await close()
    throw error
  } finally {
    await source.close()
  }
}

async function manifestOf(
  source: FileHandle,
  path: string,
): Promise<{ manifest: BackupManifest; at: number }> {
  const { buffer, bytesRead } = await source.read(Buffer.alloc(MANIFEST_BYTES_MAX), 0, MANIFEST_BYTES_MAX, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(0x0a)
  if (end < 0) throw damaged(path, 'it is no backup of Redrive')
  try {
    return { manifest: manifestSchema.parse(JSON.parse(buffer.toString('utf8', 0, end))), at: end + 1 }
  } catch (error) {
    throw damaged(path, 'it is no backup of Redrive, or of a later version', error)
  }
}

/** Answers with the digest of what there was; less than there should be has another. */
async function copyPart(
  source: FileHandle,
  { from, bytes }: { readonly from: number; readonly bytes: number },
  file: string,
): Promise<string> {
  const sum = createHash('sha256')
  const out = await open(file, 'wx', 0o600)
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES)
    for (let done = 0; done < bytes;) {
      const { bytesRead } = await source.read(chunk, 0, Math.min(CHUNK_BYTES, bytes - done), from + done)
      if (bytesRead === 0) break
      sum.update(chunk.subarray(0, bytesRead))
      await out.write(chunk, 0, bytesRead)
      done += bytesRead
    }
    await out.sync()
  } finally {
    await out.close()
  }
  return sum.digest('hex')
}

async function digestOf(file: string): Promise<string> {
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES }))
    sum.update(chunk as Buffer)
  return sum.digest('hex')
}

function damaged(path: string, problem: string, cause?: unknown): RedriveError {
  return new RedriveError('backup-damaged', 'never', { path, problem }, { cause })
}

/** A folder for parts that are being put together, on the disk of the backup itself. */
export function besideBackup(path: string): Promise<string> {
  return mkdtemp(join(dirname(path), '.backup-'))
}
