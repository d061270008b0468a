import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cliFixture } from '../support/cli-fixture.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { addRows } from '../support/postgres.ts'

const CARD = '4111111111111234'
const TOKEN = 'Bearer planted-token'
const OTHER_CARD = '5500000000005678'
const masking = { paths: ['/card/number', '/**/iban'], headers: ['authorization'], keep: { last: 4 } }
const reason = 'customer on the phone'
/** As a column of jsonb spells it. */
const payload = (number: string): string => `{"card": {"name": "Ada", "number": "${number}"}, "order": 7}`
const rows = (queue: string) =>
  [CARD, OTHER_CARD].map((number) => ({
    exchange: '',
    routing_key: queue,
    type: 'OrderPaid',
    status: 'failed' as const,
    attempts: 3,
    chain_key: 'O-1',
    last_error: 'connect ECONNREFUSED',
    payload: payload(number),
    headers: JSON.stringify({ authorization: TOKEN }),
  }))

/** Of whatever was answered: nothing of what was planted is in it. */
function expectNothingPlanted(answer: unknown): void {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  for (const planted of [CARD, OTHER_CARD, TOKEN]) expect(text).not.toContain(planted)
  expect(text).not.toContain(Buffer.from(CARD).toString('hex'))
}

test('no answer of the contract holds what a rule masks, until a person unmasks one message with a reason', async (context) => {
  const source = { environment: 'production', masking }
  const { cli, database, broker, queue } = await cliFixture(context, { source })
  const [id = '', other = ''] = await addRows(database, rows(queue))
  const { router } = await composedEngine(cli.folder)
  const client = createRouterClient(router, calling())
  const journal = (actions: ('payload-viewed' | 'payload-unmasked')[]) =>
    client.journal.list({ actions, order: 'oldest', cursor: null, limit: 100 })

  const filter = { payload: CARD }
  const query = { source: 'orders', order: 'oldest', cursor: null, limit: 10 } as const
  const found = await client.messages.list({ ...query, filter })
  expect(found.messages.map((message) => message.id)).toEqual([id])
  expectNothingPlanted(found)
  const detail = await client.messages.get({ source: 'orders', id })
  expect(detail.masked).toEqual({ fields: 2, whole: false })
  expect(JSON.parse(detail.payload)).toEqual({ order: 7, card: { number: '••••1234', name: 'Ada' } })
  expectNothingPlanted(detail)
  expectNothingPlanted(await client.messages.get({ source: 'orders', id: other }))
  await client.messages.get({ source: 'orders', id })

  // A view is written down once in a while, not at every look.
  const views = (await journal(['payload-viewed'])).entries
  expect(views.map(({ source: of, detail: about }) => ({ of, about }))).toMatchObject([
    { of: 'orders', about: { what: 'message', id } },
    { of: 'orders', about: { what: 'message', id: other } },
  ])

  // A plan with a patch over what is masked: diff and header are masked, its file needs a reason.
  const patch = JSON.stringify([{ op: 'replace', path: '/card/number', value: OTHER_CARD }])
  const selection = { kind: 'ids' as const, ids: [id] }
  const request = { source: 'orders', selection, redirect: null }
  const plan = await client.plans.resend({ ...request, edit: { kind: 'patch', patch } })
  expectNothingPlanted(plan)
  expect(plan.edit).toEqual({ kind: 'patch', patch: expect.stringContaining('••••5678') as string })
  const diff = await client.plans.diff({ plan: plan.plan, seq: 1 })
  expect(diff.changes).toEqual([{ path: '/card/number', before: '"••••1234"', after: '"••••5678"' }])
  expectNothingPlanted(diff)
  expectNothingPlanted(await client.plans.get({ plan: plan.plan }))
  expectNothingPlanted(await client.plans.items({ plan: plan.plan, afterSeq: 0, limit: 10 }))
  const pages = { plan: plan.plan, afterSeq: 0, limit: 10 }
  await expect(client.plans.exportLines(pages)).rejects.toMatchObject({
    data: { code: 'payload-masked', detail: { source: 'orders' } },
  })
  const file = await client.plans.exportLines({ ...pages, unmask: reason })
  expect(JSON.stringify(file)).toContain(OTHER_CARD)

  // What was read off a masked view is never sent.
  const edited = { kind: 'payload', id, payload: detail.payload.replace('Ada', 'Eve') } as const
  await expect(client.plans.resend({ ...request, edit: edited })).rejects.toMatchObject({
    data: { code: 'payload-masked' },
  })

  const before = (await journal(['payload-unmasked'])).entries.length
  const whole = await client.messages.unmask({ source: 'orders', id, reason })
  expect(whole).toMatchObject({ payload: payload(CARD), masked: null })
  expect(whole.headers).toContain(TOKEN)
  const unmasked = (await journal(['payload-unmasked'])).entries
  expect(unmasked).toHaveLength(before + 1)
  expect(unmasked.at(-1)).toMatchObject({ source: 'orders', detail: { what: 'message', id, reason } })
  // It is one view of one message, and changes nothing for the next one.
  expectNothingPlanted(await client.messages.get({ source: 'orders', id }))
  expectNothingPlanted(await client.journal.list({ order: 'oldest', cursor: null, limit: 1_000 }))
  expectNothingPlanted(await client.handOver.write({ sinceHours: 8, language: 'en' }))

  // A resend sends what is stored; what then lies in the broker is masked like its source.
  await client.connections.unlock({ source: 'orders', minutes: 5, typedName: 'orders', reason: 'a test' })
  const plain = await client.plans.resend({ ...request, edit: null })
  const run = { plan: plain.plan, digest: plain.digest, typedCount: 1 }
  await runToEnd(run)
  const { facts } = await client.deadLetters.queue({ broker: 'rabbit', queue })
  const look = await client.deadLetters.look({
    broker: 'rabbit',
    queue,
    limit: 10,
    costs: facts?.costs ?? [],
  })
  const { letters } = await client.deadLetters.letters({ look: look.look, causes: null, from: 0, limit: 10 })
  expect(letters).toHaveLength(1)
  expectNothingPlanted(letters)
  const letter = { look: look.look, id: letters[0]?.id ?? '' }
  const shown = await client.deadLetters.letter(letter)
  expect(shown.preview).toContain('••••1234')
  expectNothingPlanted(shown)
  expect((await client.deadLetters.unmask({ ...letter, reason })).preview).toBe(payload(CARD))
  const last = (await journal(['payload-unmasked'])).entries.at(-1)
  expect(last).toMatchObject({ source: `rabbit/${queue}`, detail: { what: 'dead-letter', reason } })
  expect((await broker.drain(queue)).map((sent) => sent.payload)).toEqual([payload(CARD)])

  async function runToEnd({ plan: id, digest, typedCount }: typeof run): Promise<void> {
    const options = { rate: null, ramp: false, brake: null }
    const { job } = await client.jobs.run({ plan: id, digest, typedCount, ...options })
    await expect.poll(async () => (await client.jobs.get({ job })).state, { timeout: 20_000 }).toBe('done')
  }
})

test('the command line shows masks, and unmasks one message with a reason that stays in the journal', async (context) => {
  const { cli, database, queue } = await cliFixture(context, { source: { masking } })
  const [id = ''] = await addRows(database, rows(queue))
  const show = ['messages', 'show', '--source', 'orders', '--id', id]
  for (const run of [cli.here, cli.plainHere]) {
    const shown = await run(...show)
    expect(shown.code).toBe(0)
    expectNothingPlanted(shown.stdout + shown.stderr)
    expect(shown.stderr).toContain('2 fields are masked by rule')
    expectNothingPlanted(await run('messages', 'list', '--source', 'orders', '--payload', CARD))
  }
  const patch = join(cli.folder, 'patch.json')
  await writeFile(patch, JSON.stringify([{ op: 'replace', path: '/order', value: 8 }]))
  const out = join(cli.folder, 'plan.ndjson')
  const plan = ['plan', 'resend', '--source', 'orders', '--id', id, '--patch', patch, '--out', out]
  const refused = await cli.plainHere(...plan)
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('would hold the edited payloads in clear')
  await expect(readFile(out)).rejects.toMatchObject({ code: 'ENOENT' })
  expect((await cli.here(...plan, '--unmask', reason)).code).toBe(0)
  expect(await readFile(out, 'utf8')).toContain(CARD)

  const unmasked = await cli.here(...show, '--unmask', reason)
  expect(unmasked.stdout).toContain(CARD)
  const { stdout } = await cli.here('journal', 'list')
  expect(stdout.match(/payload-unmasked/g)).toHaveLength(2)
  expect(stdout).toContain(reason)
  expectNothingPlanted(stdout)
  // Nobody looks into production here.
  expect(stdout).not.toContain('payload-viewed')
})

test('an environment masks all of its sources, what is no JSON is masked whole, and views can be left out of the journal', async (context) => {
  const { cli, database, queue } = await cliFixture(context, { source: { environment: 'production' } })
  const [id = ''] = await addRows(database, rows(queue))
  const workspace = JSON.parse(await readFile(cli.workspaceFile, 'utf8')) as object
  const environments = { production: { paths: ['/card/number'] } }
  await writeFile(
    cli.workspaceFile,
    JSON.stringify({ ...workspace, masking: { environments, journalViews: false } }),
  )
  const shown = await cli.here('messages', 'show', '--source', 'orders', '--id', id)
  expect(shown.stdout).toContain('•••')
  expect(shown.stdout).not.toContain(CARD)
  expect((await cli.here('journal', 'list')).stdout).not.toContain('payload-viewed')
})
