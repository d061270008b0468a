import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import type { CrashChild } from './crash-child.ts'

const CHILD = resolve(import.meta.dirname, 'crash-child.ts')

/** Runs it to its end; `killed`: it came to its point. Throws where it failed by itself. */
export function runCrashChild(options: CrashChild): Promise<{ readonly killed: boolean }> {
  return new Promise((done, fail) => {
    execFile(process.execPath, [CHILD, JSON.stringify(options)], (error, _stdout, stderr) => {
      if (error?.signal === 'SIGKILL') done({ killed: true })
      else if (error) fail(new Error(`the child failed by itself: ${stderr}`))
      else done({ killed: false })
    })
  })
}
