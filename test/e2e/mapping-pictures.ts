import { Buffer } from 'node:buffer'
import type { Page } from 'playwright-core'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import {
  ELSEWHERE,
  ELSEWHERE_DDL,
  NO_STATUS,
  NO_STATUS_DDL,
  TWO_STATUSES,
  TWO_STATUSES_DDL,
} from '../support/invented-layouts.ts'
import { dropDatabase, openDatabase, serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'

/** One that nobody has mapped; one that is confirmed; one whose table was changed after that. */
export const MAPPED = { odd: 'legacy-messages', confirmed: 'parcels', drifted: 'notes' } as const

export interface MappingPictures {
  /** What a workspace says of them. */
  readonly sources: Readonly<Record<string, object>>
  /** Changes the table of the third. */
  drift(): Promise<void>
  close(): Promise<void>
}

export async function openMappingPictures(): Promise<MappingPictures> {
  const name = `redrive_pictures_${process.pid}`
  const database = await openDatabase(name, true)
  for (const ddl of [TWO_STATUSES_DDL, NO_STATUS_DDL, ELSEWHERE_DDL]) await database.sql(ddl)
  return {
    sources: {
      [MAPPED.odd]: sourceOf(database, { profile: 'auto', table: 'public.msg' }),
      [MAPPED.confirmed]: sourceOf(database, outboxOf('public.parcel', NO_STATUS)),
      [MAPPED.drifted]: sourceOf(database, outboxOf('public.note', ELSEWHERE)),
    },
    drift: async () => void (await database.sql('alter table note add column locked_until timestamptz')),
    close: async () => {
      await database.close()
      await dropDatabase(name)
    },
  }
}

function outboxOf(table: string, mapping: Mapping): object {
  return { profile: mapping.profile, table, mapping }
}

function sourceOf({ url }: TestDatabase, outbox: object): object {
  const password = { value: serverAddress().password }
  return {
    ...{ driver: 'postgres', url, password, environment: 'production', outbox },
    ...{ stuckAfterSec: 300, maxAttempts: 3 },
  }
}

const address = (source: string, step = 'rows'): string => `#/connections/${source}/mapping?step=${step}`

/** Takes a mapping in as a file, as a colleague sent it, and goes to a step. */
function imported(mapping: Mapping, step: string) {
  return async (page: Page): Promise<void> => {
    const buffer = Buffer.from(JSON.stringify(mapping))
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'm.json', mimeType: 'application/json', buffer })
    await page.locator('[data-state]').first().waitFor()
    await page.locator(`[data-step="${step}"]`).click()
  }
}

const takeProposal = async (page: Page): Promise<void> => {
  await page.locator('[data-candidate="public.msg proposed"] .n-button').click()
  await page.locator('[data-state]').first().waitFor()
}

/** Resets the status and nothing else. */
const HALF: Mapping = { ...TWO_STATUSES, retry: { from: ['failed'], set: { is_dead: false, phase: 0 } } }
const FAULTY = {
  ...TWO_STATUSES,
  columns: { ...TWO_STATUSES.columns, created: { time: 'local' } },
} as Mapping

/** A busy machine takes its time for the live rows. */
const seen =
  (what: string) =>
  (page: Page): Promise<void> =>
    page.locator(what).first().waitFor()

export const mappingShots = [
  { name: 'mapping-pick', path: address(MAPPED.odd, 'pick') },
  { name: 'mapping-proposed', path: address(MAPPED.odd, 'pick'), act: takeProposal },
  {
    name: 'mapping-rows',
    path: address(MAPPED.odd, 'pick'),
    act: async (page: Page) => {
      await imported(TWO_STATUSES, 'rows')(page)
      await page.locator('[data-state="failed"] .sql').click()
    },
  },
  {
    name: 'mapping-json',
    path: address(MAPPED.odd, 'pick'),
    act: async (page: Page) => {
      await imported(TWO_STATUSES, 'rows')(page)
      const json = page.locator('.head .n-radio-button').nth(1)
      await json.click()
      await page.locator('.cm-content').fill(JSON.stringify(FAULTY, null, 2))
    },
  },
  { name: 'mapping-places', path: address(MAPPED.confirmed, 'places'), act: seen('[data-test="evidence"]') },
  { name: 'mapping-acts', path: address(MAPPED.confirmed, 'acts'), act: seen('[data-preview]') },
  { name: 'mapping-risk', path: address(MAPPED.odd, 'pick'), act: imported(HALF, 'acts') },
  { name: 'mapping-impossible', path: address(MAPPED.odd, 'pick'), act: imported(HALF, 'confirm') },
  { name: 'mapping-confirm', path: address(MAPPED.odd, 'pick'), act: imported(TWO_STATUSES, 'confirm') },
  {
    name: 'mapping-confirmed',
    path: address(MAPPED.confirmed, 'confirm'),
    act: seen('[data-test="confirmed"]'),
  },
  { name: 'mapping-drifted', path: address(MAPPED.drifted), act: seen('[data-test="drift"]') },
  {
    name: 'inbox-retry',
    path: `#/inbox?source=${MAPPED.confirmed}&q=trouble:failed`,
    act: (page: Page) => page.locator('[role="row"][data-id]').first().click(),
  },
  {
    name: 'retry',
    path: address(MAPPED.confirmed, 'confirm'),
    act: (page: Page) => page.locator('[data-retry] .n-button').first().click(),
  },
]
