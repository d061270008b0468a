// Not a test: `node test/e2e/screenshots.ts [NAME...]` writes a picture of every page (or of those named), in both themes
// and both languages and in two sizes, over the sandbox, to .cache/screenshots. Somebody has to look at them.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'
import { logIn, openShot } from './open-shot.ts'
import { openPictureStage } from './picture-stage.ts'
import type { Shot } from './picture-stage.ts'

const OUT = join(resolve(import.meta.dirname, '../..'), '.cache', 'screenshots')
const SIZES = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
]
const THEMES = ['light', 'dark'] as const
const LANGUAGES = ['en', 'zh-CN'] as const

async function take(browser: Browser, url: string, wanted: readonly Shot[]): Promise<number> {
  const storageState = await logIn(browser, url)
  let count = 0
  for (const theme of THEMES) {
    for (const language of LANGUAGES) {
      for (const viewport of SIZES) {
        const context = await browser.newContext({
          viewport,
          colorScheme: theme,
          locale: language,
          storageState,
        })
        for (const shot of wanted) {
          const file = `${shot.name}-${theme}-${language}-${viewport.width}.png`
          const page = await context.newPage()
          await openShot(page, url, shot)
          await page.screenshot({ path: join(OUT, file) })
          await page.close()
          count += 1
        }
        await context.close()
      }
    }
  }
  return count
}

await mkdir(OUT, { recursive: true })
const stage = await openPictureStage()
const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS })
try {
  const named = process.argv.slice(2)
  const wanted = stage.shots.filter(({ name }) => named.length === 0 || named.includes(name))
  console.log(`${await take(browser, stage.url, wanted)} pictures in ${OUT}`)
} finally {
  await browser.close()
  await stage.close()
}
