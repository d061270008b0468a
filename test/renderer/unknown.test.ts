import { beforeEach, expect, test } from 'vitest'
import { runPlan } from './support/fake-jobs.ts'
import { makeMessages } from './support/fake-messages.ts'
import { makePlan } from './support/fake-plans.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { proof } from './support/fake-evidence.ts'
import { button, field, giveHeight, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

interface Shop {
  readonly count?: number
  readonly environment?: 'development' | 'production'
}

/** Two sources with a job each; every fifth message got no answer. */
async function twoJobs({ count = 20, environment = 'development' }: Shop = {}): Promise<World> {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  world.switches.outcome = (item) => (item.seq % 5 === 0 ? 'unknown' : 'confirmed')
  world.switches.jobBatch = count
  world.switches.jobBatchMs = 1
  for (const [seed, name] of ['shop', 'bank'].entries()) {
    const messages = makeMessages({ count, nowMs: world.now(), mix: { failed: 1 }, seed: seed + 1 })
    addSource(world, { name, unlocked: true, environment, messages })
    const plan = makePlan(world, { source: name, selection: { kind: 'filter', filter: {} } })
    const typedCount = environment === 'production' ? plan.items : null
    runPlan(world, { plan: plan.plan, digest: plan.digest, typedCount, rate: null })
  }
  await expect.poll(() => [...world.jobs.values()].every(({ job }) => job.state === 'done')).toBe(true)
  return world
}

const unsettled = (world: World): number[] => [...world.jobs.values()].map(({ job }) => job.tally.unsettled)
const rows = (page: MountedConsole): HTMLElement[] => page.all('[data-outcome]')

async function openPage(world: World, path = '/unknown'): Promise<MountedConsole> {
  const page = await mountConsole({ world, path })
  await page.until(() => expect(page.text('.status')).toContain('rabbit'))
  return page
}

test('the page is on the rail with its count, and g u goes there', async () => {
  const page = await openPage(await twoJobs(), '/jobs')
  await page.until(() => expect(page.text('nav a[title^="Unknown outcomes"] .badge')).toBe('8'))
  await page.press('g')
  await page.press('u')
  await page.until(() => expect(page.text('h1')).toBe('Unknown outcomes'))
  expect(page.text('[aria-label=Status]')).toContain('8 unknown outcomes to settle')
})

test('undecided outcomes of all jobs stand in one list, each with its cause and its evidence', async () => {
  const world = await twoJobs()
  const at = new Date().toISOString()
  world.switches.evidence = ({ seq }) =>
    seq === 5
      ? proof('consumed', at)
      : seq === 10
        ? proof('not-seen-within-retention')
        : seq === 15
          ? proof('unknown')
          : null
  const page = await openPage(world)
  await page.until(() => expect(rows(page).length).toBe(8))
  expect(page.text('.head .facts')).toBe('8 in 2 jobs')
  expect(rows(page).map((row) => row.dataset['outcome'])).toEqual(
    ['job-1', 'job-2'].flatMap((job) => [5, 10, 15, 20].map((seq) => `${job} ${seq}`)),
  )
  expect(rows(page)[0]?.textContent).toContain('The broker did not confirm in time.')
  expect(rows(page).map((row) => row.querySelectorAll('[role=cell]')[6]?.textContent?.trim())).toEqual([
    ...['consumed', 'not seen by the consumer', 'could not be told', 'none'],
    ...['consumed', 'not seen by the consumer', 'could not be told', 'none'],
  ])
})

test('chosen ones of several jobs are decided at once, with a reason, and the others stay', async () => {
  const world = await twoJobs()
  const page = await openPage(world)
  await page.until(() => expect(rows(page).length).toBe(8))
  await page.press('x')
  await page.press('j')
  await page.press('x')
  await page.click('[data-outcome="job-2 20"] .n-checkbox')
  await page.press('e')
  await page.until(() => field(page, 'Reason'))
  await type(field(page, 'Reason'), 'seen in the ledger')
  await page.click(page.find('[data-test=settle-sent] input'))
  await page.until(() => expect(button(page, 'Mark 3 messages sent').disabled).toBe(false))
  await submit(page)
  await page.until(() => expect(unsettled(world)).toEqual([2, 3]))
  await page.until(() => expect(rows(page).length).toBe(5))
  expect(page.all('[role=dialog]').length).toBe(0)
  const reasons = world.journal.filter(({ action }) => action === 'job-settled').map(({ detail }) => detail)
  expect(reasons).toEqual([{ reason: 'seen in the ledger' }, { reason: 'seen in the ledger' }])
  expect(world.jobs.get('job-2')?.items.find(({ seq }) => seq === 20)?.settledAs).toBe('sent')
})

test('all are decided together; then the page says that nothing is unknown', async () => {
  const world = await twoJobs({ environment: 'production' })
  const page = await openPage(world)
  await page.until(() => button(page, 'Decide all 8 unknown outcomes…'))
  await page.click(button(page, 'Decide all 8 unknown outcomes…'))
  expect(page.text('[role=dialog]')).toContain('Production')
  await page.click(page.find('[data-test=settle-not-sent] input'))
  expect(button(page, 'Mark 8 messages failed').disabled).toBe(true)
  await type(field(page, 'Reason'), 'queue was purged')
  await submit(page)
  await page.until(() => expect(unsettled(world)).toEqual([0, 0]))
  await page.until(() => expect(page.text('[data-note=empty]')).toContain('No outcome is unknown.'))
  expect(page.text('nav a[title^="Unknown outcomes"] .badge')).toBeNull()
})

test('where one job cannot be decided, what was decided before is said, and the list is asked again', async () => {
  const world = await twoJobs()
  world.switches.fail['jobs.settle job-2'] = errorOf('job-busy', { job: 'job-2' })
  const page = await openPage(world)
  await page.until(() => button(page, 'Decide all 8 unknown outcomes…'))
  await page.click(button(page, 'Decide all 8 unknown outcomes…'))
  await page.click(page.find('[data-test=settle-sent] input'))
  await type(field(page, 'Reason'), 'ledger')
  await submit(page)
  await page.until(() =>
    expect(page.text('[role=dialog]')).toContain('4 outcomes were decided before this happened:'),
  )
  expect(page.text('[role=dialog]')).toContain('Another Redrive process')
  await page.click(button(page, 'Cancel'))
  await page.until(() => expect(rows(page).length).toBe(4))
  expect(unsettled(world)).toEqual([0, 4])
})

test('a read-only source is unlocked first', async () => {
  const world = await twoJobs()
  const bank = world.sources.get('bank')
  if (bank === undefined) throw new Error('no source')
  bank.connection.unlockedUntil = null
  const page = await openPage(world)
  await page.until(() => button(page, 'Unlock bank…'))
  expect(hasButton(page, 'Decide all 8 unknown outcomes…')).toBe(false)
  await page.press('e')
  await page.until(() => button(page, 'Unlock bank for 15 minutes'))
  await submit(page)
  await page.until(() => button(page, 'Decide all 8 unknown outcomes…'))
})

test('while its job runs an outcome is shown but not decided about', async () => {
  const world = await twoJobs()
  const fake = world.jobs.get('job-1')
  if (fake === undefined) throw new Error('no job')
  fake.job = { ...fake.job, state: 'running' }
  const page = await openPage(world)
  await page.until(() => expect(rows(page).length).toBe(8))
  expect(page.text('[data-note=partial]')).toContain('an answer may still come')
  expect(page.all('[data-outcome^=job-1] .n-checkbox').length).toBe(0)
  button(page, 'Decide all 4 unknown outcomes…')
})

test('the list can be narrowed to a source, and comes page after page', async () => {
  const world = await twoJobs({ count: 1_500 })
  const page = await openPage(world, '/unknown?source=bank')
  await page.until(() => expect(page.text('.head .facts')).toBe('300 in 1 job'))
  const scroller = page.find('.scroller')
  scroller.scrollTop = 160 * 30
  scroller.dispatchEvent(new Event('scroll'))
  await page.until(() => expect(page.find('.whole').style.height).toBe(`${300 * 30}px`))
  button(page, 'Decide all 300 unknown outcomes…')
})

test('an engine that refuses is a sentence; the page speaks Chinese', async () => {
  const world = await twoJobs()
  world.switches.fail['jobs.unknown'] = errorOf('store-failed', { path: '/x', problem: 'full' })
  const page = await mountConsole({ world, path: '/unknown', locale: 'zh-CN' })
  await page.until(() => expect(page.text('[role=alert]')).toContain('store-failed'))
  world.switches.fail = {}
  await page.click(button(page, '重试'))
  await page.until(() => button(page, '判定全部 8 条未知结果…'))
  expect(page.text('h1')).toBe('未知结果')
})

test('what the receiver is proved to have consumed is decided without a reason, the rest stays', async () => {
  const world = await twoJobs()
  world.switches.evidence = ({ seq }) => (seq === 5 ? proof('consumed', new Date().toISOString()) : null)
  const page = await openPage(world)
  await page.until(() => expect(rows(page).length).toBe(8))
  await page.press('e')
  await page.until(() => expect(page.text('.choices')).toContain('2 of those shown'))
  await page.click(page.find('[data-test=settle-by-evidence] input'))
  await submit(page)
  await page.until(() => expect(rows(page).length).toBe(6))
  expect([...world.jobs.values()].map(({ job }) => job.tally.unsettled)).toEqual([3, 3])
})
