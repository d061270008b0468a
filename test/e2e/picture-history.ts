import type { ClientContext } from '@orpc/client'
import type { createRouterClient } from '@orpc/server'
import type { EngineRouter } from '../../src-main/api/router.ts'

export type Client = ReturnType<typeof createRouterClient<EngineRouter, ClientContext>>

/** Some hundred messages last for half an hour. */
const SLOW_PER_SEC = 0.05

export async function lookAtDeadLetters(client: Client): Promise<void> {
  for (const { broker, queue, facts } of (await client.deadLetters.list({})).queues)
    if (facts !== null && facts.refusal === null)
      await client.deadLetters.look({ broker, queue, limit: 10_000, costs: facts.costs })
}

export async function unlock(client: Client, sources: readonly string[]): Promise<void> {
  for (const source of sources) await client.connections.unlock({ source, minutes: 60, typedName: null })
}

/** A job that is under way for as long as pictures are taken. */
export async function runSlowly(client: Client, source: string): Promise<string> {
  await unlock(client, [source])
  const selection = { kind: 'filter' as const, filter: { trouble: 'failed' as const } }
  const { plan, digest } = await client.plans.resend({ source, selection, edit: null, redirect: null })
  const options = { typedCount: null, rate: SLOW_PER_SEC, ramp: false, brake: null }
  const { job } = await client.jobs.run({ plan, digest, ...options })
  return job
}

export async function confirmMapping(client: Client, source: string): Promise<void> {
  const { digest } = await client.mappings.preview({ source })
  if (digest !== null) await client.mappings.confirm({ source, digest })
}
