import { beforeEach, expect, test } from 'vitest'
import { pullBrake, waitFor } from './support/fake-jobs.ts'
import { errorOf } from './support/fake-world.ts'
import { button, giveHeight, hasButton, submit } from './support/hands.ts'
import { jobOf, rows, sentence, shop, startJob } from './support/job-world.ts'
import { mountConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

test('a job is paused at once and goes on where it stood', async () => {
  const world = shop()
  world.switches.jobBatch = 20
  world.switches.holdAt = 20
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Pause'))
  await page.until(() => expect(jobOf(world, job).ended).toBe(20))
  await page.click(button(page, 'Pause'))
  await page.until(() => expect(sentence(page)).toBe('Paused with 40 messages left.'))
  expect(page.text('[data-stands=paused]')).toContain('nothing is being published')
  expect(hasButton(page, 'Pause')).toBe(false)
  expect(page.text('.progress')).not.toContain('a second')
  world.switches.holdAt = null
  await page.click(button(page, 'Continue with 40 messages'))
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
  await page.until(() => expect(sentence(page)).toContain('Ended, but the outcome of 6 messages is unknown'))
})

test('a paused job can be stopped for good', async () => {
  const world = shop()
  world.switches.holdAt = 0
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Pause'))
  await page.click(button(page, 'Pause'))
  await page.until(() => button(page, 'Stop…'))
  await page.until(() => expect(sentence(page)).toContain('Paused'))
  await page.click(button(page, 'Stop…'))
  await submit(page)
  await page.until(() => expect(sentence(page)).toBe('Stopped by the operator: 60 messages were not sent.'))
})

test('a pause that is refused says why and leaves the job running', async () => {
  const world = shop()
  world.switches.holdAt = 0
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => button(page, 'Pause'))
  world.switches.fail['jobs.pause'] = errorOf('job-busy', { job })
  await page.click(button(page, 'Pause'))
  await page.until(() => expect(page.text('[role=alert]')).toContain('Another Redrive process'))
  expect(jobOf(world, job).state).toBe('running')
})

test('a brake that was pulled says by which limit, shows what failed, and waits for a person', async () => {
  const world = shop()
  world.switches.jobBatch = 20
  world.switches.holdAt = 20
  world.switches.outcome = (item) => (item.seq <= 12 ? 'returned' : 'confirmed')
  const job = startJob(world)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(jobOf(world, job).ended).toBe(20))
  pullBrake(world, job, { limit: 'returned', seen: 12, allowed: 10, queue: null })
  await page.until(() => expect(sentence(page)).toBe('Paused with 40 messages left.'))
  expect(page.text('[data-stands=braked]')).toContain(
    'The brake was pulled. 12 messages came back; at most 10 were allowed.',
  )
  expect(page.text('[data-stands=braked]')).toContain('Have the binding made and continue')
  await page.click(button(page, 'Show 12 returned'))
  await page.until(() => expect(rows(page).length).toBe(12))
  expect(page.find('[data-filter=returned]').getAttribute('aria-pressed')).toBe('true')
  expect(button(page, 'Continue with 40 messages').disabled).toBe(false)
})

test.each([
  [{ limit: 'failure-ratio', seen: 0.255, allowed: 0.2, queue: null }, '25.5 % of the last messages', '20 %'],
  [
    { limit: 'queue-depth', seen: 5_200, allowed: 5_000, queue: 'orders.in' },
    '5,200 messages wait',
    'orders.in',
  ],
] as const)('the limit %j is said', async (pulled, seen, allowed) => {
  const world = shop()
  world.switches.holdAt = 0
  const job = startJob(world)
  pullBrake(world, job, pulled)
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(page.text('[data-stands=braked]')).toContain(seen))
  expect(page.text('[data-stands=braked]')).toContain(allowed)
})

test('a job that waits for the broker says since when and why, and that it goes on by itself', async () => {
  const world = shop()
  const job = startJob(world)
  const since = new Date(world.now() - 150_000).toISOString()
  waitFor(world, job, { code: 'connection-lost', reason: 'ECONNRESET', since })
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(page.text('[data-stands=waiting]')).toMatch(/Waiting since \d\d:\d\d:\d\d/))
  expect(page.text('[data-stands=waiting]')).toContain('(2m)')
  expect(page.text('[data-stands=waiting]')).toContain('shop / rabbit broke')
  expect(page.text('[data-stands=waiting]')).toContain('it goes on by itself')
  expect(page.text('[data-stands=waiting] .mono')).toBe('ECONNRESET')
  expect(button(page, 'Pause').disabled).toBe(false)
  waitFor(world, job, null)
  await page.until(() => expect(page.all('[data-stands]').length).toBe(0))
  await page.until(() => expect(jobOf(world, job).state).toBe('done'))
})

test('a brake that is pulled while nobody looks is told wherever the operator is', async () => {
  const world = shop()
  world.switches.jobBatch = 20
  world.switches.holdAt = 20
  const job = startJob(world)
  const page = await mountConsole({ world, path: '/journal' })
  await page.until(() => expect(page.text('[aria-label=Status]')).toContain('shop20/60'))
  pullBrake(world, job, { limit: 'returned', seen: 12, allowed: 10, queue: null })
  await page.until(() => expect(page.text('.n-notification')).toContain(`${job} brake pulled`))
  expect(page.text('.n-notification')).toContain('18 confirmed · 2 unknown')
  expect(page.text('[aria-label=Status]')).toContain('1 job stands still')
})

test('a database that answers slowly is told where the job, the source and the connection are shown', async () => {
  const world = shop()
  world.switches.slower = 7.6
  world.switches.jobBatch = 20
  world.switches.holdAt = 20
  const job = startJob(world)
  const words = 'slowed down: the database answers 8× slower than usual'
  const page = await mountConsole({ world, path: `/jobs/${job}` })
  await page.until(() => expect(page.text('.progress [data-slower]')).toBe(words))
  await page.until(() => expect(page.text('footer [data-slower]')).toBe('8× slower'))
  await page.router.push('/')
  await page.until(() => expect(page.text('[data-source=shop] [data-slower]')).toBe(words))
})
