import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { openDeadLetterScene } from '../support/dead-letter-scene.ts'
import { rabbit } from '../support/rabbitmq.ts'
import { openTcpProxy } from '../support/tcp-proxy.ts'
import { briskSweep, openConsole } from './console.ts'
import { carryOut, watchPointer, work } from './on-call-operator.ts'
import { fillNight } from './on-call-scene.ts'
import { readTasks } from './on-call-script.ts'
import type { Task } from './on-call-script.ts'
import { goTo, sentence, unlock } from './pages.ts'
import { startSlowly } from './slow-job.ts'

const TASKS = 12
const LETTERS_OF_EACH_CAUSE = 4
/** So many that the job still runs when it is held. */
const SLOW_MESSAGES = 400
/** Some are published and nobody hears of them. */
const SILENCE_MS = 500

let tasks: readonly Task[] = []
beforeAll(async () => {
  tasks = await readTasks()
})
const task = (number: number): Task => {
  const found = tasks.find((one) => one.number === number)
  if (found === undefined) throw new Error(`the script has no task ${number}`)
  return found
}

test('the script has its twelve tasks, in order', () => {
  expect(tasks.map(({ number }) => number)).toEqual(Array.from({ length: TASKS }, (_, index) => index + 1))
})

test('the first task works without a pointer: the page sees keys and nothing else', async (context) => {
  const opened = await openConsole(context)
  const { page } = opened
  await fillNight(opened)
  const seen = await watchPointer(page)
  expect(task(1).steps.every(({ click }) => click === null)).toBe(true)
  await carryOut(page, task(1))
  expect(await seen()).toEqual([])
  // That the page would have written it down: one real click.
  await page.mouse.click(1, 1)
  expect(await seen()).toEqual(expect.arrayContaining(['pointerdown', 'click']))
})

test('the night at one console, from what is stuck to the hand-over', async (context) => {
  const scene = await openDeadLetterScene()
  context.onTestFinished(() => scene.close())
  await scene.die(LETTERS_OF_EACH_CAUSE)
  const opened = await openConsole(context, { sweep: briskSweep, deadLetters: scene.deadLetters })
  const { page } = opened
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await fillNight(opened)

  for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) await work(page, task(number))
  await switchSweepOn(page)
  await work(page, task(9))
  await work(page, task(10))
  const handedOver = await page.evaluate<string>('navigator.clipboard.readText()')
  expect(handedOver).toContain('the hotel asks again at six')
})

test('a job is held and goes on, and what nobody knows is decided', async (context) => {
  const { host, port } = rabbit
  const proxy = await openTcpProxy({ host, port })
  context.onTestFinished(() => proxy.close())
  const opened = await openConsole(context, { brokerPort: proxy.port })
  const { page } = opened
  await startSlowly(opened, SLOW_MESSAGES)
  await work(page, task(11))

  proxy.blackHole('down')
  await page.waitForTimeout(SILENCE_MS)
  proxy.refuse(true)
  proxy.cut()
  await page.locator('[data-stands="waiting"]').waitFor()
  proxy.blackHole()
  proxy.refuse(false)
  await sentence(page)
    .getByText(/^Ended, but the outcome of \d+ messages is unknown/)
    .waitFor({ timeout: 60_000 })
  await work(page, task(12))
})

/** It runs every few seconds and finds what was stuck. */
async function switchSweepOn(page: Page): Promise<void> {
  await page.keyboard.press('Escape')
  await goTo(page, 'Sweeps')
  const sweep = page.locator('[data-sweep="orders"]')
  const dialog = page.getByRole('dialog', { name: 'Switch on the sweep of orders?' })
  await sweep.getByRole('button', { name: 'Switch on…' }).click()
  await dialog.getByRole('button', { name: 'Unlock orders…' }).click()
  await unlock(page, 'orders')
  await sweep.getByRole('button', { name: 'Switch on…' }).click()
  await dialog.getByRole('button', { name: 'Switch on the sweep of orders' }).click()
  await sweep.locator('.block[data-kind="good"]').first().waitFor()
}
