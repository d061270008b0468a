import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import { expect } from 'vitest'
import type { TestContext } from 'vitest'
import type { Page } from 'playwright-core'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { openPage } from '../support/browser.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { testDatabase } from '../support/postgres.ts'
import { serverAddress } from '../support/postgres-server.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openRabbitTest, rabbit, rabbitUrl } from '../support/rabbitmq.ts'
import type { RabbitTest } from '../support/rabbitmq.ts'
import { scratchFolder } from '../support/scratch.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')
/** A machine that does other work besides is slow, and no less right. */
const STEP_TIMEOUT_MS = 30_000

export interface Console {
  readonly page: Page
  /** The outbox of the source `orders`. */
  readonly database: TestDatabase
  readonly broker: RabbitTest
  /** A queue that exists. */
  readonly queue: string
}

/** Every few seconds, and a second between two attempts: a test waits for them. */
export const briskSweep = {
  enabled: false,
  everySec: 5,
  batch: 100,
  rate: null,
  attemptsMax: 3,
  stuckAfterSec: 60,
  backoff: { firstSec: 1, factor: 1, capSec: 1, jitter: 0 },
  order: 'chain',
  resendUnknown: false,
}

/**
 * The console in Chromium over the http host, with the source `orders` and its broker `rabbit`. The page must not have
 * complained of anything by the end.
 */
export async function openConsole(
  context: TestContext,
  {
    brokerPort,
    sweep,
    checkBack,
    deadLetters,
  }: {
    readonly brokerPort?: number
    readonly sweep?: object
    readonly checkBack?: object
    /** A queue of dead letters of the broker. */
    readonly deadLetters?: string
  } = {},
): Promise<Console> {
  const database = await testDatabase()
  const broker = await openRabbitTest(context)
  const folder = await scratchFolder()
  const orders = {
    driver: 'postgres',
    url: database.url,
    password: { value: serverAddress().password },
    environment: 'development',
    outbox: { profile: 'auto', table: 'public.outbox_message' },
    deliver: { broker: 'rabbit' },
    stuckAfterSec: 60,
    maxAttempts: 3,
    ...(sweep === undefined ? {} : { sweep }),
    ...(checkBack === undefined ? {} : { checkBack }),
  }
  const address = rabbitUrl(brokerPort === undefined ? {} : { port: brokerPort })
  const server = {
    driver: 'rabbitmq',
    url: address,
    password: { value: rabbit.password },
    ...(deadLetters === undefined ? {} : { deadLetters: [{ queue: deadLetters }] }),
  }
  const workspace = { sources: { orders }, brokers: { rabbit: server } }
  await writeFile(join(folder, 'redrive.json'), JSON.stringify(workspace))
  const { router, self } = await composedEngine(folder)
  const rendererDir = join(PROJECT_DIR, 'out', 'renderer')
  const host = await serveHttp({ router, self, rendererDir, port: 0, log: pino({ level: 'silent' }) })
  context.onTestFinished(() => host.close())
  const { page, complaints } = await openPage()
  page.setDefaultTimeout(STEP_TIMEOUT_MS)
  context.onTestFinished(async ({ task }) => {
    const path = join(PROJECT_DIR, '.cache', 'screenshots', `failed-${task.id}.png`)
    if (task.result?.state === 'fail') await page.screenshot({ path })
  })
  context.onTestFinished(() => expect(complaints).toEqual([]))
  await page.goto(host.url)
  // Keys and addresses are heard from then on.
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return { page, database, broker, queue: await broker.queue() }
}
