import { beforeEach, expect, test } from 'vitest'
import { interruptJob, runPlan } from './support/fake-jobs.ts'
import { makePlan } from './support/fake-plans.ts'
import { addSource, errorOf } from './support/fake-world.ts'
import { button, field, giveHeight, hasButton, submit, type } from './support/hands.ts'
import { jobOf, rows, sentence, shop, startJob } from './support/job-world.ts'
import { mountConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

test('a running job moves by its stream, not by asking again', async () => {
  const world = shop()
  world.switches.jobBatch = 5
  world.switches.jobBatchMs = 10
  // It waits for the page, however long that takes on a busy machine: nothing here is a race.
  world.switches.holdAt = 0
  const job = startJob(world)
  // Asking would fail: what moves on the page can only have come by the stream.
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(sentence(page)).toContain('Running:'))
  world.switches.fail['jobs.get'] = errorOf('internal', { reason: 'not by asking' })
  for (const ended of [5, 35]) {
    world.switches.holdAt = ended
    await page.until(() =>
      expect(page.find('[role=progressbar]').getAttribute('aria-valuenow')).toBe(String(ended)),
    )
  }
  world.switches.holdAt = null
  await page.until(() =>
    expect(sentence(page)).toBe(
      'Ended, but the outcome of 6 messages is unknown: decide what became of them.',
    ),
  )
  expect(page.text('[data-filter=confirmed] .count')).toBe('54')
  expect(page.text('[data-filter=unknown] .count')).toBe('6')
})

test('while it runs the page says how fast it goes and what is left, and live turns off with the line', async () => {
  const world = shop({ count: 400 })
  world.switches.jobBatch = 2
  world.switches.jobBatchMs = 40
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() =>
    expect(page.text('.progress')).toMatch(/\d+ a second.*about \d+ (second|minute)s? left.*live/),
  )
  page.cut({ down: true })
  await page.until(() => expect(page.text('.progress')).toContain('Not live'))
  page.restore()
  await page.until(() => expect(page.text('.progress')).toMatch(/left\s*live/))
})

test('a job slower than a message a second went at "0 a second": it is told by the minute', async () => {
  const world = shop({ count: 400 })
  world.switches.jobBatch = 1
  world.switches.jobBatchMs = 2_500
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(page.text('.progress')).toMatch(/[1-9]\d* a minute/))
  expect(page.text('.progress')).not.toContain('a second')
})

test('stopping asks first, says what stays unsent, and publishes nothing more', async () => {
  const world = shop()
  world.switches.jobBatchMs = 10_000
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Stop…'))
  await page.click(button(page, 'Stop…'))
  await page.until(() => expect(page.text('[role=dialog]')).toContain('60 messages stay unsent.'))
  expect(jobOf(world, job).state).toBe('running')
  await submit(page)
  await page.until(() => expect(sentence(page)).toBe('Stopped by the operator: 60 messages were not sent.'))
  expect(jobOf(world, job).state).toBe('cancelled')
})

test('an interrupted job says by what, and goes on with what is left', async () => {
  const world = shop()
  world.switches.jobBatch = 20
  world.switches.jobBatchMs = 30
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(jobOf(world, job).ended).toBe(20))
  interruptJob(world, job)
  await page.until(() => expect(sentence(page)).toBe('Interrupted with 40 messages left.'))
  expect(page.text('.interruption')).toContain('The broker takes no publishes now: low on memory.')
  await page.click(button(page, 'Continue with 40 messages'))
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
  await page.until(() => expect(sentence(page)).toContain('Ended, but the outcome of 6 messages is unknown'))
})

test('what it was told to do stands on the page: speed, ramp with its step, brake', async () => {
  const world = shop()
  world.switches.jobBatch = 5
  world.switches.holdAt = 5
  const plan = makePlan(world, { source: 'shop', selection: { kind: 'filter', filter: {} } })
  const { job } = runPlan(world, {
    plan: plan.plan,
    digest: plan.digest,
    typedCount: null,
    rate: 500,
    ramp: true,
    brake: { failureRatio: 0.2, returnedMax: 0, queue: { name: 'orders.in', depthMax: 9_000 } },
  })
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(page.text('[data-test=ramp-step]')).toBe('ramping up: 5 messages at a time'))
  expect(page.text('.summary .facts')).toContain('at most 500 a second, ramping up')
  expect(page.text('[data-test=brake-limits]')).toBe(
    'over 20 % not confirmed · over 0 returned · over 9,000 waiting in orders.in',
  )
})

test('what is parked says behind which message, and can be narrowed to', async () => {
  const world = shop()
  world.switches.outcome = ({ seq }) => (seq === 7 ? 'returned' : seq === 8 ? 'parked' : 'confirmed')
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
  await page.until(() => expect(page.find('[data-filter=parked]').hasAttribute('disabled')).toBe(false))
  await page.click('[data-filter=parked]')
  await page.until(() => expect(rows(page).length).toBe(1))
  expect(rows(page)[0]).toContain('Parked behind 7, which was not confirmed.')
})

test('only what failed is resent, by a new plan that is read first', async () => {
  const world = shop()
  world.switches.outcome = ({ seq }) => (seq <= 3 ? 'returned' : seq === 4 ? 'parked' : 'confirmed')
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
  await page.until(() => button(page, 'Resend what failed…'))
  await page.press('r')
  await page.until(() => button(page, 'Resend 4 messages'))
  const plan = [...world.plans.values()].at(-1)
  expect(plan?.selection).toBe(`{"kind":"job","job":"${job}","results":["returned","parked"]}`)
  expect(world.jobs.size).toBe(1)
})

test('nothing failed, nothing is offered to be resent', async () => {
  const world = shop()
  world.switches.outcome = () => 'confirmed'
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(sentence(page)).toBe('Done: the broker confirmed every message.'))
  expect(hasButton(page, 'Resend what failed…')).toBe(false)
})

test('a sweep is shown as one, in the list and on its page, without a plan that it never had', async () => {
  const world = shop()
  const job = startJob(world)
  const fake = world.jobs.get(job)
  if (fake === undefined) throw new Error('no job')
  fake.job = { ...fake.job, kind: 'sweep', plan: null, digest: null }
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.text(`[data-job=${job}]`)).toContain('sweep'))
  await page.press('Enter')
  await page.until(() => expect(page.text('h1')).toBe('Sweep of shop'))
  expect(page.text('.summary .facts')).toContain('In the journal')
  expect(page.text('.summary .facts')).not.toContain('Plan')
})

test('the items can be narrowed to one outcome, each with its reason', async () => {
  const world = shop()
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
  await page.until(() => expect(page.find('[data-filter=unknown]').hasAttribute('disabled')).toBe(false))
  await page.click('[data-filter=unknown]')
  await page.until(() => expect(rows(page).length).toBe(6))
  expect(rows(page)[0]).toContain('The broker did not confirm in time.')
})

test('unknown outcomes are decided with a reason, selected or all', async () => {
  const world = shop()
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Decide 6 unknown outcomes…'))
  await page.click('[data-filter=unsettled]')
  await page.until(() => expect(rows(page).length).toBe(6))
  await page.click(page.all('[data-seq] .n-checkbox')[0] ?? page.root)
  await page.click(button(page, 'Decide 1 selected outcome…'))
  await page.until(() => field(page, 'Reason'))
  expect(page.text('[role=dialog]')).toContain('Redrive does not guess.')
  // Rows of an outbox are not looked for in a queue.
  expect(page.all('[data-test=settle-by-queue]')).toHaveLength(0)
  await type(field(page, 'Reason'), 'found in the ledger')
  await submit(page)
  expect(jobOf(world, job).tally.unsettled).toBe(6)
  await page.click(page.find('[data-test=settle-sent] input'))
  await page.until(() => expect(button(page, 'Mark 1 message sent').disabled).toBe(false))
  await submit(page)
  await page.until(() => expect(jobOf(world, job).tally.unsettled).toBe(5))
  await page.until(() => button(page, 'Decide 5 unknown outcomes…'))
  await page.click(button(page, 'Decide 5 unknown outcomes…'))
  await page.click(page.find('[data-test=settle-not-sent] input'))
  expect(button(page, 'Mark 5 messages failed').disabled).toBe(true)
  await type(field(page, 'Reason'), 'not in the queue')
  await submit(page)
  await page.until(() => expect(jobOf(world, job).tally.unsettled).toBe(0))
  await page.until(() => expect(sentence(page)).toBe('Done: 6 messages were not confirmed.'))
  const settled = world.jobs.get(job)?.items.filter(({ settledAs }) => settledAs !== null) ?? []
  expect(settled.map(({ settledAs }) => settledAs)).toEqual(['sent', ...Array(5).fill('not-sent')])
})

test('what was redriven is looked for in its queue, whose cost is said first', async () => {
  const world = shop()
  const job = startJob(world)
  const fake = world.jobs.get(job)
  if (fake === undefined) throw new Error('it is there')
  fake.job = { ...fake.job, source: 'rabbit/orders.dead' }
  addSource(world, { name: 'rabbit/orders.dead', unlocked: true })
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Decide 6 unknown outcomes…'))
  await page.click(button(page, 'Decide 6 unknown outcomes…'))
  expect(page.find('[data-seq] a.message').getAttribute('href')).toContain('dead-letters?queue=')
  await page.click(page.find('[data-test=settle-by-queue] input'))
  const act = () => button(page, 'Look into the queue and decide')
  expect(act().disabled).toBe(true)
  await type(field(page, 'Queue to look into'), 'payments.dead')
  await page.click('[data-test=ask-queue]')
  await page.until(() => expect(page.text('.proof')).toContain('a look could delete messages'))
  expect(act().disabled).toBe(true)
  await type(field(page, 'Queue to look into'), 'orders.dead')
  await page.click('[data-test=ask-queue]')
  await page.until(() => expect(page.text('.proof')).toContain('mark of a second delivery'))
  await submit(page)
  await page.until(() => expect(jobOf(world, job).tally.unsettled).toBe(3))
})

test('what is not in a queue that nobody consumes was not sent, if the operator says so', async () => {
  const world = shop()
  const job = startJob(world)
  const fake = world.jobs.get(job)
  if (fake === undefined) throw new Error('it is there')
  fake.job = { ...fake.job, source: 'rabbit/orders.dead' }
  addSource(world, { name: 'rabbit/orders.dead', unlocked: true })
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Decide 6 unknown outcomes…'))
  await page.click(button(page, 'Decide 6 unknown outcomes…'))
  await page.click(page.find('[data-test=settle-by-queue] input'))
  await type(field(page, 'Queue to look into'), 'orders.dead')
  await page.click('[data-test=ask-queue]')
  await page.until(() => expect(page.text('.proof')).toContain('is free to be redriven'))
  await page.click('[data-test=queue-untouched]')
  await submit(page)
  await page.until(() => expect(jobOf(world, job).tally.unsettled).toBe(0))
})

test('a locked source asks for the unlock before anything is decided', async () => {
  const world = shop({ unlocked: false })
  const page = await mountConsole({ world, path: '/jobs/job-1' })
  await page.until(() => button(page, 'Unlock shop…'))
  expect(hasButton(page, 'Decide 6 unknown outcomes…')).toBe(false)
  await page.click(button(page, 'Unlock shop…'))
  await page.until(() => button(page, 'Unlock shop for 15 minutes'))
  await submit(page)
  await page.until(() => button(page, 'Decide 6 unknown outcomes…'))
})

test('the list shows jobs newest first, narrows by source and brings older ones', async () => {
  const world = shop({ count: 4 })
  const first = startJob(world)
  const pattern = world.jobs.get(first)
  if (pattern === undefined) throw new Error('no job')
  for (let number = 2; number <= 53; number += 1) {
    const job = { ...pattern.job, job: `job-${number}`, state: 'done' as const }
    world.jobs.set(job.job, { job, items: [] })
  }
  const page = await mountConsole({ world, path: '/jobs' })
  await page.until(() => expect(page.all('[data-job]').length).toBe(50))
  expect(page.all('[data-job]')[0]?.dataset['job']).toBe('job-53')
  await page.click(button(page, 'Show older jobs'))
  await page.until(() => expect(page.all('[data-job]').length).toBe(53))
  expect(page.text('.end')).toBe('No older jobs.')
  await page.press('j')
  await page.press('Enter')
  await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/jobs/job-52'))
})

test('without a job the list says what one is', async () => {
  const page = await mountConsole({ world: shop(), path: '/jobs' })
  await page.until(() => expect(page.text('[data-note=first-use]')).toContain('No job yet.'))
})

test('a job that is not there is a sentence', async () => {
  const page = await mountConsole({ world: shop(), path: '/jobs/job-99', locale: 'zh-CN' })
  await page.until(() => expect(page.text('[role=alert]')).toContain('job-99'))
})
