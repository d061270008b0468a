import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'

/**
 * A hash of the whole file, written beside it when it is closed and removed before it is changed. The journal's chain
 * covers what the journal says; the seal covers every byte, also the empty ones, while no Redrive runs. A store that
 * was not closed (a crash) has no seal and relies on the chain.
 *
 * A seal that does not fit when the next change is due is kept under another name: the change must not wipe it out.
 */
export interface Seal {
  /** Before a change. The caller holds the store's write lock. */
  readonly lift: () => void
  /** After the last change. The caller holds the store's write lock, and the write-ahead log is empty. */
  readonly set: () => void
}

/** A larger store is not sealed: hashing it would hold up opening and closing. */
const SEALED_BYTES_MAX = 64 * 1024 * 1024
const CHUNK_BYTES = 1024 * 1024

const sealFile = (path: string): string => `${path}.seal`
const brokenSealFile = (path: string): string => `${path}.seal-broken`

export function openSeal(path: string): Seal {
  return {
    lift() {
      if (!existsSync(sealFile(path))) return
      if (readFileSync(sealFile(path), 'latin1') === hashFile(path)) rmSync(sealFile(path), { force: true })
      else renameSync(sealFile(path), brokenSealFile(path))
    },
    set() {
      if (existsSync(sealFile(path)) || statSync(path).size > SEALED_BYTES_MAX) return
      const next = `${sealFile(path)}.${process.pid}.new`
      writeFileSync(next, hashFile(path), { mode: 0o600 })
      renameSync(next, sealFile(path))
    },
  }
}

/**
 * Before the store is opened. A log beside a seal means that the power failed before the lifting of the seal reached
 * the disk and after the change did: the seal is of an earlier day and proves nothing.
 */
export function dropStaleSeal(path: string): void {
  if (existsSync(sealFile(path)) && !logIsEmpty(path)) rmSync(sealFile(path), { force: true })
}

export function logIsEmpty(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/** Whether the file was changed by anything else since it was sealed. */
export async function sealIsBroken(path: string, signal: AbortSignal): Promise<boolean> {
  if (existsSync(brokenSealFile(path))) return true
  const sealed = readSeal(path)
  if (sealed === null) return false
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES, signal })) {
    sum.update(chunk as Buffer)
  }
  // A seal that went away meanwhile was lifted for a change.
  return readSeal(path) === sealed && sum.digest('hex') !== sealed
}

function readSeal(path: string): string | null {
  return existsSync(sealFile(path)) ? readFileSync(sealFile(path), 'latin1') : null
}

function hashFile(path: string): string {
  const sum = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, null)
      if (length === 0) return sum.digest('hex')
      sum.update(chunk.subarray(0, length))
    }
  } finally {
    closeSync(file)
  }
}
