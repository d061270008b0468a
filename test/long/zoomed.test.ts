import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { lookThrough } from './look-through.ts'

/** 1440 × 900 at 200 %: half as many points, each twice as large. */
const ZOOMED = { viewport: { width: 720, height: 450 }, colorScheme: 'light', locale: 'en' } as const

/**
 * What has to be scrolled sideways, but for payloads, statements and plans; and what can be acted on and stands outside of
 * the window or of a part that does not scroll.
 */
const FAULTS = `(() => {
  const faults = []
  const named = (one) => one.tagName + ' ' + String(one.className) + ' ' + (one.textContent || one.getAttribute('aria-label') || '').trim().slice(0, 40)
  const scrolls = (one, style) =>
    /auto|scroll/.test(style.overflowX + style.overflowY) &&
    (one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth)
  const root = document.scrollingElement
  if (root.scrollWidth > innerWidth) faults.push('the page is ' + root.scrollWidth + ' wide')
  for (const one of document.querySelectorAll('body *')) {
    if (one.matches('pre, .cm-scroller, .code *') || one.clientWidth === 0) continue
    if (!/auto|scroll/.test(getComputedStyle(one).overflowX)) continue
    if (one.scrollWidth > one.clientWidth + 1) faults.push('scrolls sideways: ' + named(one))
  }
  const isLost = (one) => {
    let { left, right, top, bottom } = one.getBoundingClientRect()
    if (right - left < 2 || bottom - top < 2) return false
    for (let at = one.parentElement; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at)
      const box = at.getBoundingClientRect()
      if (scrolls(at, style)) ({ left, right, top, bottom } = box)
      else if (style.overflowX !== 'visible' && at !== document.body) {
        left = Math.max(left, box.left)
        right = Math.min(right, box.right)
        top = Math.max(top, box.top)
        bottom = Math.min(bottom, box.bottom)
      }
    }
    return Math.min(right, innerWidth) - Math.max(left, 0) < 4 || Math.min(bottom, innerHeight) - Math.max(top, 0) < 4
  }
  const acts = 'button, a[href], select, textarea, input:not([type=radio], [type=checkbox], [type=file])'
  for (const one of document.querySelectorAll(acts))
    if (one.closest('footer, .cm-editor') === null && isLost(one)) faults.push('out of reach: ' + named(one))
  return faults
})()`

/** A notice that slides in is out of reach for a moment. What moves without an end is not waited for. */
const SETTLED = `Promise.all(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime < Infinity)
  .map((one) => one.finished.catch(() => null)))`

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(SETTLED)
  return page.evaluate<string[]>(FAULTS)
}

test(
  'at 200 % nothing has to be scrolled sideways but payloads, and nothing to act on is out of reach',
  { timeout: 1_200_000 },
  async () => {
    expect(await lookThrough([ZOOMED], faultsOf)).toEqual({})
  },
)
