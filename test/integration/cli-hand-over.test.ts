import { expect, test } from 'vitest'
import { addFailed, cliFixture } from '../support/cli-fixture.ts'

test(
  'the hand-over tells what failed and what was resolved, in both languages, and fails where a source is silent',
  { timeout: 120_000 },
  async (context) => {
    const { cli, database, queue } = await cliFixture(context)
    const [first = ''] = await addFailed(database, queue, 3)
    const resolve = ['resolve', '--source', 'orders', '--id', first, '--reason', 'refunded by hand']
    expect((await cli.plainHere(...resolve)).code).toBe(0)
    const told = await cli.plain('hand-over', '--since', '2h')
    expect(told.code).toBe(0)
    expect(told.stdout).toContain('| orders | development | failed | 2 |')
    expect(told.stdout).toMatch(/Resolved 1 message of orders, “refunded by hand”, by /)
    expect((await cli.plainHere('hand-over', '--language', 'zh-CN')).stdout).toContain('# 交接')
    expect((await cli.plainHere('hand-over', '--since', 'yesterday')).stderr).toContain('--since')
    await database.sql('alter table outbox_message rename to gone')
    const silent = await cli.here('hand-over')
    expect(silent.code).not.toBe(0)
    expect(silent.records).toMatchObject([{ asked: 1, answered: 0, silent: [{ source: 'orders' }] }])
  },
)
