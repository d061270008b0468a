import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliFixture } from '../support/cli-fixture.ts'
import { byPlace, fillChains, plantFaults } from '../support/chain-generator.ts'
import type { GeneratorOptions } from '../support/chain-generator.ts'
import { addRows } from '../support/postgres.ts'

test(
  'intact, broken, incomplete: lines and exit codes for programs',
  { timeout: 120_000 },
  async (context) => {
    const { cli, database } = await cliFixture(context)
    const options: GeneratorOptions = { table: 'reference', rows: 5_000, chains: 50, each: 2, payload: 10 }
    await fillChains(database, options)
    const intact = await cli.json('audit', '--source', 'orders')
    expect(intact.records).toEqual([
      { type: 'summary', verdict: 'intact', messages: 5_000, chains: 50, findings: 0 },
    ])
    expect(intact.code).toBe(0)

    const planted = await plantFaults(database, options)
    const broken = await cli.here('audit', '--source', 'orders', '--pause', '0')
    expect(broken.code).toBe(3)
    const findings = broken.records.slice(0, -1)
    const wanted = [...planted]
      .sort(byPlace)
      .map(({ kind, chain, id, prevId }) => ({ type: 'finding', kind, chain, id, prevId }))
    expect(findings.toSorted((a, b) => byPlace(a as never, b as never))).toEqual(wanted)
    expect(broken.records.at(-1)).toEqual({
      type: 'summary',
      verdict: 'broken',
      messages: 4_998,
      chains: 50,
      findings: planted.length,
    })

    const [first] = planted
    const one = await cli.here('audit', '--source', 'orders', '--chain', first!.chain)
    expect(one.records.slice(0, -1).every(({ chain }) => chain === first!.chain)).toBe(true)
    expect(one.code).toBe(3)
    const since = await cli.here('audit', '--source', 'orders', '--since', '4900')
    expect(since.records).toEqual([
      { type: 'summary', verdict: 'intact', messages: 100, chains: 50, findings: 0 },
    ])

    // A writer that holds the table keeps the audit from its end.
    await database.sql('begin')
    await database.sql('lock table outbox_message in access exclusive mode')
    const stuck = await cli.here('audit', '--source', 'orders', '--limit', '1')
    await database.sql('rollback')
    expect(stuck.records.at(-1)).toMatchObject({ type: 'summary', verdict: 'incomplete' })
    expect(stuck.code).toBe(1)

    const unknown = await cli.here('audit', '--source', 'nowhere')
    expect(unknown.code).toBe(2)
  },
)

test(
  'the report is sealed, in the journal, and a page without a script',
  { timeout: 120_000 },
  async (context) => {
    const { cli, database, queue } = await cliFixture(context)
    const chain = `<script>alert("1")</script> & 'x'`
    const [head, second] = await addRows(database, [
      { chain_key: chain, status: 'sent' },
      { chain_key: chain, status: 'sent' },
    ])
    const failed = { chain_key: chain, routing_key: queue, status: 'failed' as const, attempts: 3 }
    const [third] = await addRows(database, [{ ...failed, prev_id: second! }])
    await addRows(database, [{ ...failed, prev_id: third! }])
    await database.sql('update outbox_message set prev_id = $2 where id = $1', [second, head])
    await database.sql('delete from outbox_message where id = $1', [second])

    const audited = await cli.plain('audit', '--source', 'orders')
    expect(audited.code).toBe(3)
    expect(audited.stdout).toMatch(/^missing {6}Message 2 is missing before 3 in chain <script>/m)
    const id = /audit report (\S+)/.exec(audited.stdout)?.[1] ?? ''
    const { stdout: json } = await cli.plainHere('audit', 'report', id)
    const digest = createHash('sha256').update(json.trimEnd()).digest('hex')
    const journal = await cli.here('journal', 'list', '--subject', id)
    expect(journal.records.map((entry) => entry['action'])).toEqual(['audit-ended', 'audit-begun'])
    expect(journal.records[0]?.['detail']).toMatchObject({ digest, verdict: 'broken', findings: 1 })
    expect(JSON.parse(json)).toMatchObject({
      format: 'redrive-audit/1',
      verdict: 'broken',
      findings: [
        { kind: 'missing', id: '3', previousId: '2', hole: { kind: 'unknown', reason: 'burnt-or-deleted' } },
      ],
    })

    const file = join(cli.folder, 'report.html')
    expect((await cli.plainHere('audit', 'report', id, '--html', file)).code).toBe(0)
    const page = await readFile(file, 'utf8')
    expect(page).toContain(digest)
    expect(page).not.toMatch(/<script|https?:|src=/)
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;')
    expect((await cli.plainHere('audit', 'report', id, '--html', file)).code).toBe(2)

    const plan = join(cli.folder, 'repair.ndjson')
    const repair = await cli.here('audit', 'repair', id, '1', '--out', plan)
    expect(repair.records.at(-1)).toMatchObject({ type: 'repair', unsent: 2, gone: { from: '2', to: '2' } })
    expect(repair.code).toBe(3)
    const items = (await readFile(plan, 'utf8'))
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => (JSON.parse(line) as { id: string }).id)
    expect(items).toEqual(['3', '4'])
  },
)
