import axe from 'axe-core'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { enterStage } from '../e2e/open-shot.ts'
import { openPictureStage } from '../e2e/picture-stage.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'

/** Named ones only, where somebody mends one page. */
const ONLY = (process.env['REDRIVE_TEST_PAGES'] ?? '').split(',').filter((name) => name !== '')

const AT_ONCE = 3
const VIEWPORT = { width: 1_024, height: 700 }
/** Each theme and each language once: colours do not depend on the words. */
const LOOKS = [
  { viewport: VIEWPORT, colorScheme: 'light', locale: 'en' },
  { viewport: VIEWPORT, colorScheme: 'dark', locale: 'zh-CN' },
] as const

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
      const open = await enterStage(browser, stage)
      const wanted = stage.shots.filter(({ name }) => ONLY.length === 0 || ONLY.includes(name))
      const left = LOOKS.flatMap((look) => wanted.map((shot) => ({ shot, look })))
      const walk = async (): Promise<void> => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const { shot, look } = next
          const broken = await open(shot, look, violations)
          if (broken.length === 0) continue
          const title = `${shot.name}, ${look.colorScheme}, ${look.locale}`
          found[title] = broken
          // The whole takes minutes: what is found is said at once.
          console.log(`${title}\n  ${broken.join('\n  ')}`)
        }
      }
      // Half of the time a page waits for the engine.
      await Promise.all(Array.from({ length: AT_ONCE }, walk))
      console.log(`${LOOKS.length * wanted.length} pages looked through`)
    } finally {
      await browser.close()
      await stage.close()
    }
    expect(found).toEqual({})
  },
)
