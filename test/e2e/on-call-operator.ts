import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { goTo } from './pages.ts'
import type { Step, Task } from './on-call-script.ts'

const INTERACTIONS_MAX = 7
/** A click that a key has made has no count of clicks. */
const WATCH_POINTER = `window.pointerSeen = [];
for (const type of ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'touchstart', 'wheel', 'click'])
  addEventListener(type, (event) => {
    if (type !== 'click' || event.detail > 0) window.pointerSeen.push(type)
  }, { capture: true })`
const MOVING = 'document.getAnimations().some((one) => one instanceof CSSTransition)'
/** What a person would click by its name. */
const ROLES = ['button', 'checkbox', 'textbox', 'link'] as const

/** Does a task as it is written, counts what it takes, and looks for the answer. Answers with the count. */
export async function work(page: Page, task: Task): Promise<number> {
  await begin(page)
  return carryOut(page, task)
}

/** The same from wherever the page stands. */
export async function carryOut(page: Page, { question, steps, answer }: Task): Promise<number> {
  let interactions = 0
  for (const step of steps) {
    interactions += 1
    await take(page, step)
    if (step.shows !== null) await shown(page, step.shows)
  }
  await shown(page, answer)
  expect(interactions, question).toBeLessThanOrEqual(INTERACTIONS_MAX)
  return interactions
}

/** From now on the page writes down what comes of a mouse, a pen or a finger; answers with what it has seen so far. */
export async function watchPointer(page: Page): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(WATCH_POINTER)
  return () => page.evaluate<string[]>('window.pointerSeen')
}

/** Read-only and on the overview, whatever the task before has left open. */
async function begin(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog')
  while (await dialog.last().isVisible()) {
    const open = await dialog.count()
    await page.keyboard.press('Escape')
    await expect.poll(() => dialog.count()).toBeLessThan(open)
  }
  const unlocked = page.getByRole('button', { name: 'Unlocked' })
  if (await unlocked.isVisible()) await unlocked.click()
  await page.getByRole('button', { name: 'Read-only' }).waitFor()
  await goTo(page, 'Overview')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
}

async function take(page: Page, { press, type, click }: Step): Promise<void> {
  if (press !== null) for (const key of press.split(' ')) await page.keyboard.press(playwrightKey(key))
  if (type !== null) {
    // Nothing is clicked for it: the field must have the focus already.
    await page.locator('input:focus, textarea:focus').waitFor()
    await page.keyboard.type(type)
  }
  if (click !== null) await (await named(page, click)).click()
}

function playwrightKey(key: string): string {
  return key.replace('ctrl+', 'Control+').replace('shift+', 'Shift+')
}

/** By its whole name or a part of it, in the dialog where one is open. */
async function named(page: Page, name: string): Promise<Locator> {
  const top = page.getByRole('dialog').last().or(page.getByRole('main')).last()
  const called = (exact: boolean): Locator =>
    ROLES.map((role) => top.getByRole(role, { name, exact })).reduce((all, one) => all.or(one))
  const whole = called(true)
  if ((await whole.count()) > 0) return whole.first()
  // A radio itself is too small to be drawn; what is clicked is its label.
  const choice = top.locator('label').filter({ has: page.getByRole('radio', { name }) })
  return called(false).or(choice).first()
}

/** A person reads what has come to rest. */
async function shown(page: Page, text: string): Promise<void> {
  await page.getByText(text).filter({ visible: true }).first().waitFor()
  await expect.poll(() => page.evaluate(MOVING)).toBe(false)
}
