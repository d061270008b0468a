import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of this test's own: removed when it passes, kept and named when it fails. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'redrive-test-'))
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(`kept for inspection: ${folder}`)
    else await rm(folder, { recursive: true, force: true })
  })
  return folder
}
