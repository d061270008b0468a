import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { enterStage } from '../e2e/open-shot.ts'
import type { Look } from '../e2e/open-shot.ts'
import { openPictureStage } from '../e2e/picture-stage.ts'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'

/** Named ones only, where somebody mends one page. */
const ONLY = (process.env['REDRIVE_TEST_PAGES'] ?? '').split(',').filter((name) => name !== '')
/** Half of the time a page waits for the engine. */
const AT_ONCE = 3

/** What is wrong with each page or dialog that there is a picture of, in each look. */
export async function lookThrough(
  looks: readonly Look[],
  faultsOf: (page: Page) => Promise<string[]>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const stage = await openPictureStage()
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
  const found: Record<string, readonly string[]> = {}
  try {
    const open = await enterStage(browser, stage)
    const wanted = stage.shots.filter(({ name }) => ONLY.length === 0 || ONLY.includes(name))
    const left = looks.flatMap((look) => wanted.map((shot) => ({ shot, look })))
    const walk = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const { shot, look } = next
        const faults = await open(shot, look, faultsOf)
        if (faults.length === 0) continue
        const title = `${shot.name}, ${look.colorScheme}, ${look.locale}`
        found[title] = faults
        // The whole takes minutes: what is found is said at once.
        console.log(`${title}\n  ${faults.join('\n  ')}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, walk))
    console.log(`${looks.length * wanted.length} pages looked through`)
  } finally {
    await browser.close()
    await stage.close()
  }
  return found
}
