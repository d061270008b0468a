import { EDGE, edgeSource, openEdgeFile } from './edge-file.ts'
import type { Opening } from './opening.ts'
import { seeded } from './random.ts'
import { openStagedRedis, STAGED, stagedSource } from './staged-redis.ts'

export type OtherSources = Readonly<Record<string, ReturnType<typeof edgeSource>>>

/** What is no PostgreSQL: a file of SQLite always, and a Redis where this machine has one. */
export async function openOthers({ log, undo, signal }: Opening, storeDir: string): Promise<OtherSources> {
  signal.throwIfAborted()
  const stop = new AbortController()
  const edge = await openEdgeFile({ storeDir, random: seeded(EDGE.seed), log }, stop.signal)
  undo.push(async () => {
    stop.abort()
    await edge.ended
  })
  const staged = await openStagedRedis({ storeDir, random: seeded(STAGED.seed), log }, signal)
  if (staged === null) return { [EDGE.source]: edgeSource(edge.url) }
  undo.push(() => staged.close())
  return { [EDGE.source]: edgeSource(edge.url), [STAGED.source]: stagedSource(staged.url) }
}
