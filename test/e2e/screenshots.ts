// Not a test: `node test/e2e/screenshots.ts [NAME...]` writes a picture of every page (or of those named), in both themes
// and both languages and in two sizes, over the sandbox, to .cache/screenshots. Somebody has to look at them.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { CHROMIUM_ARGS, chromiumPath } from '../support/chromium.ts'
import { enterStage } from './open-shot.ts'
import type { OpenShot } from './open-shot.ts'
import { openPictureStage } from './picture-stage.ts'
import type { Shot } from './shot.ts'

const OUT = join(resolve(import.meta.dirname, '../..'), '.cache', 'screenshots')
const SIZES = [
  { width: 1024, height: 700 },
  { width: 1440, height: 900 },
]
const THEMES = ['light', 'dark'] as const
const LANGUAGES = ['en', 'zh-CN'] as const

async function take(open: OpenShot, wanted: readonly Shot[]): Promise<number> {
  let count = 0
  for (const colorScheme of THEMES) {
    for (const locale of LANGUAGES) {
      for (const viewport of SIZES) {
        for (const shot of wanted) {
          const file = `${shot.name}-${colorScheme}-${locale}-${viewport.width}.png`
          await open(shot, { viewport, colorScheme, locale }, (page) =>
            page.screenshot({ path: join(OUT, file) }),
          )
          count += 1
        }
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
  console.log(`${await take(await enterStage(browser, stage), wanted)} pictures in ${OUT}`)
} finally {
  await browser.close()
  await stage.close()
}
