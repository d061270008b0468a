import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'
import { composedEngine } from '../support/composed-engine.ts'

test('numbers for a monitoring system: what is open, what came out, and nothing of a source that does not answer', async (context) => {
  const { cli, database, queue } = await cliFixture(context)
  await addFailed(database, queue, 12)
  const out = join(cli.folder, 'plan.ndjson')
  const trouble = ['--source', 'orders', '--trouble', 'failed']
  const [plan] = (await cli.here('plan', 'resend', ...trouble, '--out', out)).records
  expect((await cli.here('run', out, '--confirm', String(plan?.['digest']))).code).toBe(0)
  await addFailed(database, queue, 3)

  const workspace = JSON.parse(await readFile(cli.workspaceFile, 'utf8')) as {
    sources: Record<string, { readonly url: string }>
  }
  const orders = workspace.sources['orders']!
  const gone = new URL(orders.url)
  gone.port = '1'
  await writeFile(
    cli.workspaceFile,
    JSON.stringify({ ...workspace, sources: { orders, gone: { ...orders, url: gone.href } } }),
  )
  const running = await composedEngine(cli.folder)
  const lines = (await running.metrics()).split('\n')

  expect(lines).toContain('redrive_build_info{version="0.0.0-test"} 1')
  expect(lines).toContain('redrive_source_up{source="orders"} 1')
  expect(lines).toContain('redrive_source_up{source="gone"} 0')
  expect(lines).toContain('redrive_trouble_messages{source="orders",trouble="failed"} 3')
  expect(lines).toContain('redrive_trouble_messages_bounded{source="orders",trouble="failed"} 0')
  expect(lines).toContain('redrive_outcomes_total{source="orders",outcome="confirmed"} 12')
  expect(lines).toContain('redrive_outcomes_total{source="orders",outcome="unknown"} 0')
  const age = lines.find((line) =>
    line.startsWith('redrive_trouble_oldest_age_seconds{source="orders",trouble="failed"} '),
  )
  expect(Number(age?.split(' ').at(-1))).toBeGreaterThan(0)
  // Not zero: nobody knows.
  expect(lines.filter((line) => line.startsWith('redrive_trouble') && line.includes('gone'))).toEqual([])
  expect(lines.slice(-2)).toEqual(['# EOF', ''])
})

test('however many ask, sources are counted once in ten seconds', async (context) => {
  const { cli, database, queue } = await cliFixture(context)
  const running = await composedEngine(cli.folder)
  const [first, second] = await Promise.all([running.metrics(), running.metrics()])
  await addFailed(database, queue, 1)
  expect(await running.metrics()).toBe(first)
  expect(second).toBe(first)
  expect(first).toContain('redrive_trouble_messages{source="orders",trouble="failed"} 0')
})
