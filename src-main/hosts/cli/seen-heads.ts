import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Head } from '../../domain/journal-check.ts'
import { usageError } from '../common/failure.ts'

const seen = z.strictObject({ seq: z.number().int().nonnegative(), hash: z.string() })

/** What an earlier verification noted; nothing where there was none. */
export async function readSeen(file: string): Promise<readonly Head[]> {
  try {
    const head = seen.parse(JSON.parse(await readFile(file, 'utf8')))
    return head.seq === 0 ? [] : [head]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw usageError(`${file} is no note of an earlier verification.`, { cause: error })
  }
}

/** The journal held what was noted before: its head is the newer one. */
export async function noteSeen(file: string, { seq, hash }: Head): Promise<void> {
  const next = `${file}.${process.pid}.new`
  try {
    await writeFile(next, `${JSON.stringify({ seq, hash })}\n`, { mode: 0o600, flush: true })
    await rename(next, file)
  } catch (error) {
    throw usageError(`${file} cannot be written (${String(error)}).`, { cause: error })
  }
}
