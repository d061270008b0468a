import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ORPCError, createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import { errorData } from '../../src-preload/contract/errors.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { connectRabbit, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { scratchFolder } from '../support/scratch.ts'

/** Deeper than PostgreSQL's own parser of JSON goes: such a payload can only stand in a text column. */
const DEPTH = 200_000
const LARGE_CHARS = 50_000_000

/** What a service may have stored, by mistake or not; the column is text, as in many outboxes. */
const PAYLOADS: Readonly<Record<string, string>> = {
  'deep array': '['.repeat(DEPTH) + ']'.repeat(DEPTH),
  'deep object': '{"a":'.repeat(DEPTH) + '1' + '}'.repeat(DEPTH),
  unclosed: '{"a":'.repeat(DEPTH),
  'fifty megabytes': JSON.stringify({ text: 'x'.repeat(LARGE_CHARS) }),
  'many members': JSON.stringify(
    Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, at])),
  ),
  prototypes: '{"__proto__": {"admin": true}, "constructor": {"prototype": {"admin": true}}, "toString": 1}',
  twice: '{"amount": 1, "amount": 1000000}',
  'no JSON': '<script>alert(1)</script>\u001b[2J\u202e',
}
const PATCH = '[{"op": "add", "path": "/redriven", "value": true}]'

test(
  'a payload made to break its reader is shown, searched, planned and edited, or refused in words; nothing else suffers',
  { timeout: 240_000 },
  async () => {
    const database = await testDatabase()
    await database.sql('alter table outbox_message alter column payload type text')
    const exchange = `hostile-${process.pid}`
    const connection = await connectRabbit()
    const channel = await connection.createChannel()
    await channel.assertQueue(exchange, { durable: false, autoDelete: false })
    for (const [type, payload] of Object.entries(PAYLOADS))
      await database.sql(
        `insert into outbox_message (message_id, chain_key, exchange, routing_key, type, payload, status, attempts, last_error)
       values ($1, $1, '', $2, $1, $3, 'failed', 3, 'timeout')`,
        [type, exchange, payload],
      )
    const folder = await scratchFolder()
    await writeFile(
      join(folder, 'redrive.json'),
      JSON.stringify({
        sources: {
          shop: {
            driver: 'postgres',
            url: database.url,
            password: { value: serverAddress().password },
            environment: 'development',
            outbox: { profile: 'auto', table: 'public.outbox_message' },
            deliver: { broker: 'rabbit' },
            stuckAfterSec: 60,
            maxAttempts: 3,
          },
        },
        brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
      }),
    )
    const { router } = await composedEngine(folder)
    const client = createRouterClient(router, calling())
    /** Its answer, or the code of what the contract says instead. */
    const told = async <T>(asked: Promise<T>): Promise<T | string> =>
      await asked.catch((error: unknown) => {
        const data = error instanceof ORPCError ? errorData.safeParse(error.data) : null
        if (data?.success !== true || data.data.code === 'internal') throw error
        return data.data.code
      })

    const listed = await client.messages.list({
      source: 'shop',
      filter: {},
      order: 'oldest',
      cursor: null,
      limit: 100,
    })
    expect(listed.messages.map(({ type }) => type)).toEqual(Object.keys(PAYLOADS))
    /** Of each: shown as it is stored; items of a plain plan, and of an edited one, or what is said instead. */
    const seen: Record<string, unknown> = {}
    for (const { id, type } of listed.messages) {
      const detail = await told(client.messages.get({ source: 'shop', id }))
      const ids = { kind: 'ids' as const, ids: [id] }
      const edit = { kind: 'patch' as const, patch: PATCH }
      const plain = await told(
        client.plans.resend({ source: 'shop', selection: ids, edit: null, redirect: null }),
      )
      const edited = await told(client.plans.resend({ source: 'shop', selection: ids, edit, redirect: null }))
      seen[type ?? ''] = [detail, plain, edited].map((answer) =>
        typeof answer === 'string'
          ? answer
          : 'payload' in answer
            ? answer.payload === PAYLOADS[type ?? '']
            : answer.items,
      )
    }
    expect(seen).toEqual({
      'deep array': [true, 1, 'plan-empty'],
      'deep object': [true, 1, 'plan-empty'],
      unclosed: [true, 'plan-empty', 'plan-empty'],
      'fifty megabytes': [true, 1, 'plan-empty'],
      'many members': [true, 1, 1],
      prototypes: [true, 1, 1],
      twice: [true, 1, 'plan-empty'],
      'no JSON': [true, 'plan-empty', 'plan-empty'],
    })
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    await channel.deleteQueue(exchange)
    await connection.close()
  },
)
