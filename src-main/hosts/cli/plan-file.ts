import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { FILE_LINES_MAX } from '../../../src-preload/contract/plan-pieces.ts'
import { RedriveError } from '../../domain/errors.ts'
import { codeOf, isSystemError, usageError } from '../common/failure.ts'
import type { EngineClient } from './command.ts'

interface PlanFile {
  readonly plan: string
  /** Why edited payloads are written in clear; null: nobody said. */
  readonly unmask: string | null
}

/**
 * Writes a stored plan as NDJSON, one item a line, so that two plans can be compared line by line. Replaces the file in
 * one step: a reader finds a whole plan or none.
 */
export async function writePlanFile(client: EngineClient, wanted: PlanFile, path: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx')
    try {
      for await (const line of planLines(client, wanted)) await file.write(`${line}\n`)
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    if (!isSystemError(error)) throw error
    throw usageError(`The plan cannot be written to ${path} (${codeOf(error)}).`, { cause: error })
  }
}

async function* planLines(client: EngineClient, { plan, unmask }: PlanFile): AsyncGenerator<string> {
  let afterSeq: number | null = 0
  while (afterSeq !== null) {
    const page: Awaited<ReturnType<EngineClient['plans']['exportLines']>> = await client.plans.exportLines({
      plan,
      afterSeq,
      limit: FILE_LINES_MAX,
      ...(unmask === null ? {} : { unmask }),
    })
    const lines = page.header === null ? page.lines : [page.header, ...page.lines]
    if (lines.length > 0) yield lines.join('\n')
    afterSeq = page.nextAfterSeq
  }
}

/** The plan that a file says it is, from its first line alone; whether the rest fits is checked when it is imported. */
export async function planFileDigest(path: string): Promise<{ plan: string; digest: string }> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })
  try {
    for await (const line of lines) {
      const { plan, digest } = JSON.parse(line) as { plan?: unknown; digest?: unknown }
      return { plan: String(plan), digest: String(digest) }
    }
  } catch (error) {
    if (isSystemError(error))
      throw usageError(`The plan file ${path} cannot be read (${codeOf(error)}).`, { cause: error })
    throw new RedriveError('plan-invalid', 'never', { reason: `${path}: it is not JSON` }, { cause: error })
  } finally {
    lines.close()
  }
  throw new RedriveError('plan-invalid', 'never', { reason: `${path} is empty` })
}
