import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { lookThrough } from './look-through.ts'

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
    expect(await lookThrough(LOOKS, violations)).toEqual({})
  },
)
