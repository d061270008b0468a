import axe from 'axe-core'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { logIn, openShot } from '../e2e/open-shot.ts'
import { openPictureStage } from '../e2e/picture-stage.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'

/** Named ones only, where somebody mends one page. */
const ONLY = (process.env['REDRIVE_TEST_PAGES'] ?? '').split(',').filter((name) => name !== '')

/** What axe finds on the page, a line for each rule with the first element that breaks it. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate<axe.AxeResults>('axe.run(document)')
  return found.violations.map(({ id, help, nodes }) => {
    const [first] = nodes
    return `${id}: ${help} (${nodes.length}) ${String(first?.target)} ${first?.html.slice(0, 160) ?? ''} ${first?.any[0]?.message ?? ''}`
  })
}

test(
  'axe finds nothing on any page or dialog, light or dark, in either language',
  { timeout: 1_200_000 },
  async () => {
    const stage = await openPictureStage()
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
    const found: Record<string, string[]> = {}
    try {
      const storageState = await logIn(browser, stage.url)
      for (const [colorScheme, locale] of [['light', 'en'] as const, ['dark', 'zh-CN'] as const]) {
        const viewport = { width: 1_024, height: 700 }
        const context = await browser.newContext({ viewport, colorScheme, locale, storageState })
        for (const shot of stage.shots.filter(({ name }) => ONLY.length === 0 || ONLY.includes(name))) {
          const page = await context.newPage()
          await openShot(page, stage.url, shot)
          const broken = await violations(page)
          if (broken.length > 0) {
            found[`${shot.name}, ${colorScheme}`] = broken
            // The whole takes minutes: what is found is said at once.
            console.log(`${shot.name}, ${colorScheme}\n  ${broken.join('\n  ')}`)
          }
          await page.close()
        }
        await context.close()
      }
    } finally {
      await browser.close()
      await stage.close()
    }
    expect(found).toEqual({})
  },
)
