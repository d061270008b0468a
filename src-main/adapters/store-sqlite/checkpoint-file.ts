import { appendFileSync, readFileSync } from 'node:fs'
import type { Checkpoint } from '../../domain/checkpoint.ts'

/** The checkpoints that are kept, once more beside the store: one JSON object a line, appended and not synced. */
export function checkpointFilePath(storePath: string): string {
  return `${storePath}.journal-checkpoints`
}

export function appendCheckpoint(
  path: string,
  { seq, hash, at, key, unsigned, signature }: Checkpoint,
): void {
  appendFileSync(path, `${JSON.stringify({ seq, hash, at, key, unsigned, signature })}\n`, { mode: 0o600 })
}

/** Null where a line is no checkpoint. A file that is missing knows nothing, nor does what a power loss left of its end. */
export function readCheckpoints(path: string): readonly Checkpoint[] | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1).replace(/\0+/g, '')
  const checkpoints = whole
    .split('\n')
    .filter((line) => line !== '')
    .map(parse)
  return checkpoints.every((checkpoint) => checkpoint !== null) ? checkpoints : null
}

function parse(line: string): Checkpoint | null {
  try {
    const { seq, hash, at, key, unsigned, signature } = JSON.parse(line) as Checkpoint
    const checkpoint = { seq, hash, at, key, unsigned, signature }
    return JSON.stringify(checkpoint) === line ? checkpoint : null
  } catch {
    return null
  }
}
