import { globSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { openCli } from '../support/cli.ts'

import { findInFolder, findSecrets, plant } from '../support/planted-secrets.ts'
import { testDatabase } from '../support/postgres.ts'
import { scratchFolder } from '../support/scratch.ts'
import { serveConsole } from '../support/serving-console.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** Long enough for the console to stand and to have asked the source. */
const THROW_AFTER_MS = 12_000
const THROWS = `--import=data:text/javascript,setTimeout(()=>{throw(new(Error)('planted'))},${THROW_AFTER_MS})`

/** A console that holds a secret of each kind, told by its environment to write whatever Node can write about a crash. */
async function console_(more: string) {
  const secrets = plant(['database', 'passphrase', 'printed'])
  const database = await testDatabase()
  const reports = await scratchFolder()
  const source = {
    driver: 'postgres',
    url: database.url,
    environment: 'development',
    outbox: { profile: 'auto', table: 'public.outbox_message' },
  }
  const cli = await openCli(
    {
      sources: {
        orders: { ...source, password: { env: 'PLANTED_DATABASE' } },
        printed: { ...source, password: { command: ['printenv', 'PLANTED_PRINTED'], seconds: 300 } },
      },
      brokers: {},
    },
    {
      REDRIVE_LOG: 'debug',
      PLANTED_DATABASE: secrets.database,
      PLANTED_PRINTED: secrets.printed,
      REDRIVE_SECRETS_PASSPHRASE: secrets.passphrase,
      NODE_OPTIONS: [
        '--report-uncaught-exception --report-on-fatalerror --report-on-signal',
        `--report-directory=${reports}`,
        more,
      ].join(' '),
    },
  )
  const { running, url } = await serveConsole(cli)
  // It is asked for the sources: the secrets are in its memory.
  const metrics = async () => (await fetch(new URL('/metrics', url))).text()
  await expect.poll(metrics, { timeout: 30_000 }).toContain('redrive_')
  return { secrets, cli, reports, running }
}

const crashes = [
  ['killed by SIGABRT', '', 'SIGABRT'],
  ['asked for a report by a signal', '', 'SIGUSR2'],
  ['ended by an uncaught error', THROWS, null],
] as const

test.each(crashes)('a console that is %s leaves no secret behind', async (_, more, signal) => {
  const { secrets, cli, reports, running } = await console_(more)
  if (signal !== null) running.child.kill(signal)
  const { stdout, stderr } = await running.result
  // It did end by that, and said so where it could.
  if (signal === null) expect(stderr).toContain('planted')
  else expect(running.child.signalCode).toBe(signal)
  expect(await readdir(reports)).toEqual([])
  const found = [
    ...findSecrets('stdout', stdout, secrets),
    ...findSecrets('stderr', stderr, secrets),
    ...(await findInFolder(cli.folder, secrets)),
    ...(await findInFolder(reports, secrets)),
  ]
  expect(found).toEqual([])
  expect(globSync(join(cli.folder, '**/core*'))).toEqual([])
})

test('nothing collects crash dumps, and nothing sends them anywhere', () => {
  const sources = globSync('{src-main,src-preload,src-renderer,.config}/**/*.{ts,cjs,js,vue,yml}', {
    cwd: ROOT,
  })
  expect(sources.length).toBeGreaterThan(500)
  const collecting = sources.filter((file) =>
    /crashReporter|report\.(write|get)Report|setHeapSnapshotNearHeapLimit|writeHeapSnapshot/.test(
      readFileSync(resolve(ROOT, file), 'utf8'),
    ),
  )
  expect(collecting).toEqual([])
})
