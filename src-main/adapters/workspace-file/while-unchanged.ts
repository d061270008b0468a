import { stat } from 'node:fs/promises'

/**
 * A file may be written again within one tick of its clock, which nothing but its content would show: what was written so
 * short a time before it was read is read again. FAT counts in steps of two seconds.
 */
const SETTLED_MS = 3_000

/**
 * Reads a file anew only where it is not the file of the last reading: every call of the engine asks for the workspace, and
 * reading it takes longer than most calls. A file is told by its inode, its size and both its times; the time of its last
 * change of any kind cannot be set by whoever writes it. What was read belongs to all who get it and must not be changed.
 */
export function whileUnchanged<T>(path: string, read: () => Promise<T>): () => Promise<T> {
  let last: { readonly mark: string; readonly value: T } | null = null
  return async () => {
    // Before the reading: a change in between is seen at the next call.
    const mark = await markOf(path)
    if (mark !== null && mark === last?.mark) return last.value
    const value = await read()
    last = mark === null ? null : { mark, value }
    return value
  }
}

/** Null: there is no file, or its times do not tell yet whether it is the same. */
async function markOf(path: string): Promise<string | null> {
  const found = await stat(path, { bigint: true }).catch(() => null)
  if (found === null) return null
  const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = found
  const isSettled = Date.now() - Number(ctimeMs) > SETTLED_MS
  return isSettled ? [dev, ino, size, mtimeNs, ctimeNs].join(' ') : null
}
