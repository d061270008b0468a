import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { enterStage } from '../e2e/open-shot.ts'
import { openPictureStage } from '../e2e/picture-stage.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'

/** Named ones only, where somebody mends one page. */
const ONLY = (process.env['REDRIVE_TEST_PAGES'] ?? '').split(',').filter((name) => name !== '')

const AT_ONCE = 3
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

test(
  'at 200 % nothing has to be scrolled sideways but payloads, and nothing to act on is out of reach',
  { timeout: 1_200_000 },
  async () => {
    const stage = await openPictureStage()
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
    const found: Record<string, string[]> = {}
    try {
      const open = await enterStage(browser, stage)
      const left = stage.shots.filter(({ name }) => ONLY.length === 0 || ONLY.includes(name))
      const faultsOf = async (page: Page): Promise<string[]> => {
        await page.evaluate(SETTLED)
        return page.evaluate<string[]>(FAULTS)
      }
      const walk = async (): Promise<void> => {
        for (let shot = left.shift(); shot !== undefined; shot = left.shift()) {
          const faults = await open(shot, ZOOMED, faultsOf)
          if (faults.length === 0) continue
          found[shot.name] = faults
          console.log(`${shot.name}\n  ${faults.join('\n  ')}`)
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, walk))
    } finally {
      await browser.close()
      await stage.close()
    }
    expect(found).toEqual({})
  },
)
