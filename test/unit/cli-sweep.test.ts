import { Writable } from 'node:stream'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import { createRouter } from '../../src-main/api/router.ts'
import { parseArguments } from '../../src-main/hosts/cli/arguments.ts'
import { sweep } from '../../src-main/hosts/cli/commands/sweep.ts'
import { globalOptions } from '../../src-main/hosts/cli/options.ts'
import { createOutput } from '../../src-main/hosts/cli/output.ts'
import { idle, openSweepEngine } from '../support/sweep-engine.ts'
import type { SweepEngine } from '../support/sweep-engine.ts'

interface Ran {
  readonly code: number
  readonly records: readonly Record<string, unknown>[]
  readonly remarks: string
}

function collector(): { stream: Writable; text: () => string } {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk.toString())
      done()
    },
  })
  return { stream, text: () => chunks.join('') }
}

const lost = { code: 'connection-lost', reason: 'gone' } as const

/** The command over the engine's own router, as the command line runs it; time goes by while it works. */
async function run(it: SweepEngine, argv: readonly string[], ended = new AbortController()): Promise<Ran> {
  const [stdout, stderr] = [collector(), collector()]
  const info = {
    version: '0',
    host: 'cli',
    sandbox: false,
    keepsPasswords: false,
    lookOnly: null,
  } as const
  const client = createRouterClient(createRouter(it.engine, info), calling())
  const running = sweep.run({
    args: parseArguments(argv, { ...sweep.options, ...globalOptions }),
    output: createOutput({ stdout: stdout.stream, stderr: stderr.stream }, true),
    globals: { workspaceFile: '', dataDir: '', storeUrl: null },
    engine: () => Promise.resolve(client),
    signal: ended.signal,
  })
  let over = false
  const code = running.finally(() => (over = true))
  code.catch(() => undefined)
  // The command waits by the real clock between two runs: the engine's must not run hours ahead of it.
  while (!over) {
    await it.clock.advance(250)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const lines = stdout.text().split('\n').filter(Boolean)
  return {
    code: await code,
    records: lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    remarks: stderr.text(),
  }
}

const ONCE = ['--source', 'orders', '--once'] as const

test('once: one line of what it did, and a code that says whether a person is needed', async () => {
  const it = await openSweepEngine()
  expect(await run(it, ONCE)).toMatchObject({
    code: 0,
    records: [{ type: 'sweep', source: 'orders', state: 'done', claimed: 0, job: null, trouble: null }],
  })
  it.runner.answer = () => ({ ...idle, job: 'job-1', claimed: 3, confirmed: 2, retried: 1, returned: 1 })
  expect(await run(it, ONCE)).toMatchObject({ code: 0, records: [{ job: 'job-1', retried: 1 }] })
  for (const outcome of [{ unknown: 1 }, { failed: 1 }, { expired: 1 }]) {
    it.runner.answer = () => ({ ...idle, claimed: 1, ...outcome })
    expect((await run(it, ONCE)).code).toBe(3)
  }
  it.runner.answer = () => ({ ...idle, claimed: 5, confirmed: 2, interruption: lost })
  const failed = await run(it, ONCE)
  expect(failed.code).toBe(1)
  expect(failed.records).toMatchObject([
    { type: 'sweep', state: 'failed', claimed: 5, confirmed: 2, trouble: lost },
    { type: 'error', code: 'connection-lost' },
  ])
})

test('production is unlocked by the name on the command line, and the journal says so', async () => {
  const it = await openSweepEngine({ environment: 'production' })
  expect((await run(it, ONCE)).code).toBe(0)
  expect(await it.journal()).toEqual(['source-unlocked', 'sweep-begun', 'sweep-ended'])
})

test('every: stops after three failures in a row', async () => {
  const it = await openSweepEngine()
  it.runner.answer = () => ({ ...idle, interruption: lost })
  const ran = await run(it, ['--source', 'orders', '--every', '5s'])
  expect(ran.code).toBe(1)
  expect(ran.records.filter(({ type }) => type === 'sweep')).toHaveLength(3)
  expect(ran.records.at(-1)).toMatchObject({ type: 'sweep-stopped', failures: 3, ...lost })
  expect(ran.remarks).toContain('3 runs failed in a row')
}, 30_000)

test('a signal stops the run and waits for what is on its way', async () => {
  const it = await openSweepEngine()
  const ended = new AbortController()
  it.runner.run = async (_, stop) => {
    const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
    ended.abort()
    await stopped
    return { ...idle, job: 'job-1', claimed: 2, confirmed: 2 }
  }
  const ran = await run(it, ['--source', 'orders', '--every', '30s'], ended)
  expect(ran.records).toMatchObject([{ type: 'sweep', state: 'stopped', confirmed: 2 }])
  expect(ran.code).toBe(3)
})

test.each([
  [['--source', 'orders']],
  [['--source', 'orders', '--once', '--every', '30s']],
  [['--source', 'orders', '--every', '4s']],
  [['--source', 'orders', '--every', '25h']],
  [['--source', 'orders', '--every', 'soon']],
  [['--once']],
])('%j is refused', async (argv) => {
  await expect(run(await openSweepEngine(), argv)).rejects.toMatchObject({ code: 'usage' })
})
