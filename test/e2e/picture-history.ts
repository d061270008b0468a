import type { createRouterClient } from '@orpc/server'
import type { EngineRouter } from '../../src-main/api/router.ts'

export type Client = ReturnType<typeof createRouterClient<EngineRouter, Record<never, never>>>

export async function lookAtDeadLetters(client: Client): Promise<void> {
  for (const { broker, queue, facts } of (await client.deadLetters.list({})).queues)
    if (facts !== null && facts.refusal === null)
      await client.deadLetters.look({ broker, queue, limit: 10_000, costs: facts.costs })
}

export async function unlock(client: Client, sources: readonly string[]): Promise<void> {
  for (const source of sources) await client.connections.unlock({ source, minutes: 60, typedName: null })
}

export async function confirmMapping(client: Client, source: string): Promise<void> {
  const { digest } = await client.mappings.preview({ source })
  if (digest !== null) await client.mappings.confirm({ source, digest })
}
