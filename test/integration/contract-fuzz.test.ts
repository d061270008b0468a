import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ORPCError, createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import fc from 'fast-check'
import { pino } from 'pino'
import { beforeAll, describe, expect, test } from 'vitest'
import type { core } from 'zod'
import { createMemorySecrets } from '../../src-main/adapters/secrets-memory/memory-secrets.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'
import { compose } from '../../src-main/hosts/compose.ts'
import type { Running } from '../../src-main/hosts/compose.ts'
import { contract } from '../../src-preload/contract/index.ts'
import { errorData } from '../../src-preload/contract/errors.ts'
import { explain } from '../../src-preload/contract/explain.ts'
import { dropDatabase, openDatabase, referenceSchema, serverAddress } from '../support/postgres-server.ts'
import { rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import { arbitraryOf, broken } from '../support/zod-arbitrary.ts'

/** Calls of each procedure; more where somebody hunts: REDRIVE_TEST_FUZZ=500. */
const CALLS = Number(process.env['REDRIVE_TEST_FUZZ'] ?? 40)
/** After it the call is cancelled, and has to end. */
const CALL_MS = 2_000
const END_MS = 30_000
const SECRET = 'planted-7b1c0f4e'
/** What a stack, a module or a secret of this process would bring with it. */
const INTERNAL = new RegExp(`node_modules|\\bat .+:\\d+:\\d+|src-main/|TypeError|RangeError|${SECRET}`)

type Call = (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>
interface Procedure {
  readonly name: string
  readonly input: core.$ZodType
}

const procedures: readonly Procedure[] = Object.entries(contract).flatMap(([area, of]) =>
  Object.entries(of as Record<string, { '~orpc': { inputSchema?: core.$ZodType } }>).map(([name, one]) => {
    const input = one['~orpc'].inputSchema
    if (input === undefined) throw new Error(`${area}.${name} takes anything`)
    return { name: `${area}.${name}`, input }
  }),
)

let running: Running
const warned: unknown[] = []

beforeAll(async () => {
  const databaseName = `redrive_test_fuzz_${process.pid}`
  const database = await openDatabase(databaseName, true)
  await database.sql(await referenceSchema())
  await database.sql(
    `insert into outbox_message (message_id, chain_key, exchange, routing_key, type, payload, status, attempts, last_error)
     select 'm-' || n, 'O-' || n % 3, '', 'nowhere', 'OrderPaid', '{"order": 1}', 'failed', 3, 'timeout' from generate_series(1, 20) n`,
  )
  let workspace: Workspace = {
    sources: {
      orders: {
        driver: 'postgres',
        url: database.url,
        password: { value: serverAddress().password },
        environment: 'production',
        outbox: { profile: 'redrive-reference', table: 'outbox_message' },
        deliver: { broker: 'rabbit' },
        stuckAfterSec: 60,
        maxAttempts: 3,
      },
    },
    brokers: { rabbit: { driver: 'rabbitmq', url: rabbitUrl(), password: { value: rabbit.password } } },
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'redrive-fuzz-'))
  running = await compose({
    host: 'http',
    version: '0.0.0',
    operator: 'fuzzer',
    dataDir,
    workspace: { load: async () => workspace, save: async (next) => void (workspace = next) },
    workspacePath: null,
    secrets: createMemorySecrets({ env: { PLANTED: SECRET } }),
    keepsPasswords: false,
    log: pino({ level: 'warn' }, { write: (line: string) => void warned.push(line) }),
    memoryBroker: null,
  })
  return async () => {
    await running.close()
    await database.close()
    await dropDatabase(databaseName)
    await rm(dataDir, { recursive: true, force: true })
  }
})

/** The answer, or the first thing that a stream says. */
async function asked(call: Call, input: unknown): Promise<unknown> {
  const answer = await call(input, { signal: AbortSignal.timeout(CALL_MS) })
  if (typeof answer !== 'object' || answer === null || !(Symbol.asyncIterator in answer)) return answer
  const stream = answer as AsyncIterableIterator<unknown>
  const first = await stream.next()
  await stream.return?.()
  return first.value
}

/** What is wrong with the answer to this input; null: it is one of ours. */
async function fault(call: Call, input: unknown): Promise<string | null> {
  const late = Symbol('late')
  const watch = Promise.withResolvers<typeof late>()
  const timer = setTimeout(() => watch.resolve(late), END_MS)
  try {
    const answer = await Promise.race([asked(call, input), watch.promise])
    return answer === late ? `no end after ${END_MS} ms, cancelled after ${CALL_MS}` : null
  } catch (error) {
    return faultOf(error)
  } finally {
    clearTimeout(timer)
  }
}

function faultOf(error: unknown): string | null {
  if (!(error instanceof ORPCError))
    return (error as Error).name === 'AbortError' || (error as Error).name === 'TimeoutError'
      ? null
      : `not of the contract: ${String(error)}`
  const told = `${error.message} ${JSON.stringify(error.data)}`
  if (INTERNAL.test(told)) return `tells what is inside: ${told.slice(0, 300)}`
  if (error.code === 'BAD_REQUEST') return null
  const data = errorData.safeParse(error.data)
  if (error.code !== 'REDRIVE' || !data.success)
    return `not of the contract: ${error.code} ${told.slice(0, 300)}`
  if (data.data.code === 'internal') return `failed inside: ${warned.splice(0).join('\n').slice(0, 1_500)}`
  const { what, means, next } = explain(data.data.code, data.data.detail)
  return INTERNAL.test(what + means + next) ? `says what is inside: ${what}` : null
}

describe('whatever is asked, the contract answers with its own words and goes on', () => {
  test.each(procedures)('$name', { timeout: 300_000 }, async ({ name, input }) => {
    const [area = '', procedure = ''] = name.split('.')
    const client = createRouterClient(running.router, calling('fuzzer')) as unknown as Record<
      string,
      Record<string, Call>
    >
    const call = client[area]?.[procedure]
    if (call === undefined) throw new Error(`${name} is not there`)
    const fits = arbitraryOf(input, [
      'orders',
      'rabbit',
      '1',
      '7',
      'm-1',
      'O-1',
      'OrderPaid',
      'public.outbox_message',
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 3, arbitrary: fits }, { weight: 1, arbitrary: broken(fits) }),
        async (value) => {
          expect(await fault(call, value)).toBeNull()
        },
      ),
      { numRuns: CALLS, endOnFailure: true },
    )
    expect(await fault(client['session']?.['info'] as Call, {})).toBeNull()
  })
})
