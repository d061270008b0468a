import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { NO_SUMS } from '../../src-main/domain/sample.ts'
import type { OutcomeSums, SourceSample, TroubleLevel } from '../../src-main/domain/sample.ts'
import { storeFileName } from '../../src-main/hosts/store.ts'

const HOURS = 6
const EVERY_MS = 60_000
const HOUR_MS = 3_600_000
const none: TroubleLevel = { count: 0, atLeast: false, oldestSec: null }

/** A rule holds for 20 s before it fires, and samples are taken every half minute. */
const FIRES_MS_MAX = 90_000

export const overviewShots = [
  { name: 'overview', path: '#/' },
  { name: 'overview-open', path: '#/?range=6h', act: openAt(1) },
  { name: 'alerts', path: '#/alerts', act: somethingFires },
  { name: 'alert-rule', path: '#/alerts', act: (page: Page) => page.keyboard.press('n') },
  { name: 'alert-acknowledge', path: '#/alerts', act: acknowledge },
]

async function somethingFires(page: Page): Promise<void> {
  await page.locator('main .fires').first().waitFor({ timeout: FIRES_MS_MAX })
}

async function acknowledge(page: Page): Promise<void> {
  await somethingFires(page)
  await page.keyboard.press('e')
}

function openAt(index: number): (page: Page) => Promise<void> {
  return async (page) => {
    for (let at = 0; at < index; at += 1) await page.keyboard.press('j')
    await page.keyboard.press('Enter')
  }
}

/**
 * Six hours that nobody lived through: a backlog that grows and is worked off, an hour in which a source did not answer, a
 * time in which no console was open. In every third source nothing is wrong.
 */
export async function plantSamples(storeDir: string, sources: readonly string[]): Promise<void> {
  const store = openStore({ path: join(storeDir, storeFileName), clock: systemClock() })
  const nowMs = Date.now()
  try {
    for (const [index, name] of sources.entries()) {
      const samples: SourceSample[] = []
      for (let ageMs = HOURS * HOUR_MS; ageMs > EVERY_MS; ageMs -= EVERY_MS) {
        const hours = HOURS - ageMs / HOUR_MS
        if (hours > 2 && hours < 2.6) continue
        samples.push(sampleAt(name, nowMs - ageMs, hours, index))
      }
      await store.samples.add(samples, nowMs)
    }
  } finally {
    await store.close()
  }
}

function sampleAt(name: string, atMs: number, hours: number, index: number): SourceSample {
  const well = index % 3 === 2
  const away = index % 3 === 1 && hours > 3.4 && hours < 4.1
  const wave = well ? 0 : Math.max(0, Math.sin((hours + index) * 1.3)) * (30 + 40 * (index % 4))
  const failed = Math.round(wave + (well ? 0 : hours * 3))
  const stuck = Math.round(well ? 0 : Math.max(0, 14 - Math.abs(hours - 4.5) * 8))
  const level = (count: number, age: number): TroubleLevel =>
    count === 0 ? none : { count, atLeast: false, oldestSec: Math.round(age) }
  const levels = {
    stuck: level(stuck, 300 + stuck * 60),
    failed: level(failed, hours * 3_000),
    unconfirmed: none,
  }
  return {
    kind: 'source',
    name,
    atMs,
    levels: away ? null : levels,
    code: away ? 'host-unreachable' : null,
    unsettled: { count: 0, oldestSec: null },
    sums: well ? NO_SUMS : sumsAt(hours),
    sweep: 'none',
    checkBack: 'none',
  }
}

function sumsAt(hours: number): OutcomeSums {
  const confirmed = Math.round(hours * 240 + 60 * Math.sin(hours * 5))
  return {
    confirmed,
    returned: Math.round(hours * 9),
    refused: Math.floor(hours * 4),
    unknown: Math.floor(hours),
  }
}
