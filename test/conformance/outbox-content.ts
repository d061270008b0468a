import { expect, test } from 'vitest'
import { idsOf, OPTIONS, query, signal } from './outbox-fixture.ts'
import type { Make } from './outbox-fixture.ts'

/** What is looked for inside of messages: see domain/content-search.ts. */
export function contentTests(make: Make): void {
  test('a payload is searched as a text of either case, with nothing of it as a wildcard or as SQL', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'failed', payload: '{"customer":"Ada Lovelace","note":"100% sure"}' },
      { state: 'sent', payload: '{"customer":"Grace","note":"100 sure"}' },
      { state: 'failed', payload: String.raw`{"customer":"O'Brien\"; drop table x; --","note":"a_b"}` },
      { state: 'failed', payload: '{"note":"axb"}' },
    ])
    expect(await idsOf(outbox, { payload: 'ada LOVE' })).toEqual([ids[0]])
    expect(await idsOf(outbox, { payload: '100% s' })).toEqual([ids[0]])
    expect(await idsOf(outbox, { payload: 'a_b' })).toEqual([ids[2]])
    expect(await idsOf(outbox, { payload: `O'Brien"; drop table` })).toEqual([ids[2]])
    expect(await idsOf(outbox, { payload: 'sure', states: ['failed'] })).toEqual([ids[0]])
    expect(await idsOf(outbox, { payload: '!' })).toEqual([])
    const counted = await outbox.count({ payload: 'sure' }, 10_000, signal())
    expect(counted).toMatchObject({ count: 2, bounded: false, scope: { complete: true } })
  })

  test('a text beyond ASCII is found, however the document writes it', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'failed', payload: '{"title":"订单已付"}' },
      { state: 'failed', payload: String.raw`{"title":"\u8ba2\u5355"}` },
      { state: 'failed', payload: '{"title":"order"}' },
    ])
    expect(await idsOf(outbox, { payload: '订单' })).toEqual(ids.slice(0, 2))
  })

  test('a header is found by its exact name and a part of its value; none, by a row without headers', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add([
      { state: 'failed', headers: '{"tenant":"ACME-1","retries":12}' },
      { state: 'failed', headers: '{"tenant":"other","origin":"acme"}' },
      { state: 'failed', headers: String.raw`{"a.b \"c\"":"x"}` },
      { state: 'failed' },
    ])
    expect(await idsOf(outbox, { header: { name: 'tenant', value: 'acme' } })).toEqual([ids[0]])
    expect(await idsOf(outbox, { header: { name: 'retries', value: '12' } })).toEqual([ids[0]])
    expect(await idsOf(outbox, { header: { name: 'tenant' } })).toEqual([ids[0], ids[1]])
    expect(await idsOf(outbox, { header: { name: 'Tenant' } })).toEqual([])
    expect(await idsOf(outbox, { header: { name: 'a.b "c"', value: 'x' } })).toEqual([ids[2]])
    expect(await idsOf(outbox, { header: { name: `x' or 1=1 --` } })).toEqual([])
  })

  test('a search goes on from page to page and finds every row once', async () => {
    const { outbox, add } = await make(OPTIONS)
    const ids = await add(
      Array.from({ length: 20 }, (_, at) => ({
        state: 'sent' as const,
        payload: `{"kind":"${at % 2 === 0 ? 'even' : 'odd'}"}`,
      })),
    )
    const found: string[] = []
    let cursor: string | null = null
    do {
      const page = await outbox.list(query({ payload: 'even' }, { cursor, limit: 3 }), signal())
      found.push(...page.messages.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(found).toEqual(ids.filter((_, at) => at % 2 === 0))
  })
}
