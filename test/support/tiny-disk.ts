import { execFile } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'

const run = promisify(execFile)
const BALLAST_CHUNK_BYTES = 4_096

export interface TinyDisk {
  readonly folder: string
  /** Until nothing more goes onto it. */
  fill(): void
  /** Takes away what `fill` put there. */
  relieve(): void
  /** Only where no file is open to be written. */
  lock(): Promise<void>
  unlock(): Promise<void>
}

/** A file system of its own, in memory; needs root. Gone when the test ends. */
export async function tinyDisk(mebibytes: number): Promise<TinyDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-disk-'))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'redrive-test', folder])
  onTestFinished(async () => {
    await run('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  })
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a')
      try {
        for (;;) writeSync(file, Buffer.alloc(BALLAST_CHUNK_BYTES, 1))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      } finally {
        closeSync(file)
      }
    },
    relieve: () => rmSync(ballast),
    lock: async () => void (await run('mount', ['-o', 'remount,ro', folder])),
    unlock: async () => void (await run('mount', ['-o', 'remount,rw', folder])),
  }
}
