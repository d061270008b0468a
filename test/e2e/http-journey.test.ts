import { join, resolve } from 'node:path'
import { pino } from 'pino'
import { expect, onTestFinished, test } from 'vitest'
import { serveHttp } from '../../src-main/hosts/http/serve-http.ts'
import { openPage } from '../support/browser.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { openRabbitTest } from '../support/rabbitmq.ts'
import { scratchFolder } from '../support/scratch.ts'
import { journey, journeyFixture } from './journey.ts'

const PROJECT_DIR = resolve(import.meta.dirname, '../..')

test('the main job over the http host', async (context) => {
  const fixture = await journeyFixture(await openRabbitTest(context))
  const { router, self } = await composedEngine(await scratchFolder())
  const host = await serveHttp({
    router,
    self,
    rendererDir: join(PROJECT_DIR, 'out', 'renderer'),
    port: 0,
    log: pino({ level: 'silent' }),
  })
  onTestFinished(() => host.close())
  const { page, complaints } = await openPage()
  await page.goto(host.url)
  await journey(page, fixture)
  expect(complaints).toEqual([])
})
