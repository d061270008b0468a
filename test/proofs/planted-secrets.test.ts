import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { TestContext } from 'vitest'
import { openPage } from '../support/browser.ts'
import { openCli } from '../support/cli.ts'
import type { Cli } from '../support/cli.ts'
import { addFailed } from '../support/cli-fixture.ts'
import { changeSecretsFile } from '../../src-main/adapters/secrets-age/secrets-file.ts'
import { connectToMariadb } from '../support/mariadb.ts'
import { mysqlDatabase } from '../support/mysql.ts'
import {
  findInChildren,
  findInFolder,
  findInProcess,
  findSecrets,
  plant,
  startTalkative,
} from '../support/planted-secrets.ts'
import type { Finding } from '../support/planted-secrets.ts'
import { names, variable, workspaceOf } from '../support/planted-workspace.ts'
import type { Name } from '../support/planted-workspace.ts'
import { addRows, testDatabase } from '../support/postgres.ts'
import type { TestDatabase } from '../support/postgres-server.ts'
import { openRabbitTest, rabbitmqctl } from '../support/rabbitmq.ts'
import { scratchFolder } from '../support/scratch.ts'
import { serveConsole } from '../support/serving-console.ts'
import { addSource } from '../e2e/connecting.ts'

interface Scene {
  readonly cli: Cli
  readonly secrets: Readonly<Record<Name, string>>
  readonly database: TestDatabase
  readonly queue: string
  /** The id of a message that was sent and is not confirmed. */
  readonly sent: string
  readonly heard: () => string
}

const found: Finding[] = []
const STEP_TIMEOUT_MS = 30_000
beforeAll(() => void found.splice(0))

/** A database and a broker that really ask for the password, and the same with a wrong one. */
async function scene(context: TestContext): Promise<Scene> {
  const secrets = plant(names)
  const user = `planted${process.pid}`
  const [database, billing] = [await testDatabase(), await mysqlDatabase({})]
  const broker = await openRabbitTest(context)
  const mariadb = await connectToMariadb(null)
  const receiver = `${user}r`
  for (const [name, password] of [
    [user, secrets.database],
    [receiver, secrets.evidence],
    [`${user}p`, secrets.printed],
    [`${user}f`, secrets.filed],
  ] as const) {
    await mariadb.query(`create user '${name}'@'%' identified by '${password}'`)
    await mariadb.query(`grant all on \`${billing.name}\`.* to '${name}'@'%'`)
  }
  await billing.sql('create table inbox (message_id varchar(200) primary key)')
  await rabbitmqctl('add_user', user, secrets.broker)
  await rabbitmqctl('set_permissions', user, '.*', '.*', '.*')
  onTestFinished(async () => {
    const users = [user, receiver, `${user}p`, `${user}f`].map((name) => `'${name}'@'%'`)
    await mariadb.query(`drop user ${users.join(', ')}`)
    await mariadb.end()
    await rabbitmqctl('delete_user', user)
  })
  const talkative = await startTalkative()
  const cli = await openCli(
    JSON.stringify(workspaceOf({ secrets, user, database, billing, url: talkative.url })),
    {
      REDRIVE_LOG: 'debug',
      REDRIVE_SECRETS_PASSPHRASE: secrets.passphrase,
      ...Object.fromEntries(names.map((name) => [variable(name), secrets[name]])),
    },
  )
  await changeSecretsFile(
    join(cli.folder, 'data', 'secrets.age'),
    async () => ({ passphrase: secrets.passphrase }),
    () => ({ filed: secrets.filed }),
  )
  const queue = await broker.queue()
  await addFailed(database, queue, 4)
  const common = { exchange: '', routing_key: queue, attempts: 1, payload: '{}' }
  const [sent = ''] = await addRows(database, [{ ...common, status: 'sent', message_id: 'sent-1' }])
  await addRows(database, [{ ...common, attempts: 0, status: 'prepared', message_id: 'half-1' }])
  await database.sql(`update outbox_message set created_at = now() - interval '1 hour'`)
  return { cli, secrets, database, queue, sent, heard: talkative.heard }
}

/** What stands where it must: the file that the operator wrote it into. */
function byDefinition({ secret, place }: Finding): boolean {
  return secret === 'written' && place.endsWith('/redrive.json')
}

/** Answers with the exit code of each command. */
async function commandLine({
  cli,
  secrets,
  database,
  queue,
  sent,
}: Scene): Promise<Record<string, number | null>> {
  const codes: Record<string, number | null> = {}
  const out = join(cli.folder, 'plan.ndjson')
  const run = async (...words: string[]) => {
    for (const json of [true, false]) {
      const result = json ? await cli.json(...words) : await cli.plain(...words)
      const place = `redrive ${words.slice(0, 3).join(' ')}`
      codes[`${place}${json ? ' --json' : ''}`] = result.code
      if (words[1] === 'test') codes[`test of ${words[3]}`] = result.code
      found.push(...findSecrets(`${place}: stdout`, result.stdout, secrets))
      found.push(...findSecrets(`${place}: stderr`, result.stderr, secrets))
      if (json && words[1] === 'resend') return result
    }
    return null
  }
  const sources = ['orders', 'billing', 'wrong', 'staged', 'printed', 'leaked', 'filed']
  await Promise.all(sources.map((source) => run('sources', 'test', '--source', source)))
  for (const broker of ['wrong', 'kafka']) await run('brokers', 'topics', '--broker', broker)
  await run('brokers', 'queues', '--broker', 'wrong')
  await run('sources', 'detect', '--source', 'wrong')
  await run('secrets', 'list')
  await run('watch', '--once')
  const plan = await run('plan', 'resend', '--source', 'orders', '--trouble', 'failed', '--out', out)
  const digest = String(plan?.records.at(-1)?.['digest'])
  await run('run', out, '--confirm', digest)
  await addFailed(database, queue, 1)
  await run('unconfirmed', 'ask', '--source', 'orders', '--id', sent, '--reason', 'planted')
  await run('check-back', '--source', 'orders', '--once')
  await run('audit', '--source', 'orders', '--places', '--html', join(cli.folder, 'audit.html'))
  await run('hand-over')
  await run('journal', 'export', '--out', join(cli.folder, 'journal.jsonl'))
  await run('journal', 'list', '--limit', '200')
  return codes
}

async function heapOf(session: CDPSession): Promise<string> {
  const chunks: string[] = []
  session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk))
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
  return chunks.join('')
}

const COPIES = 'button[aria-label^="Copy"], button:has-text("Copy"), [data-test="copy-link"]'
const COPIES_OF_A_PAGE_MAX = 6

/** Presses what copies. What arrives in the clipboard is noted by the page itself. */
async function copyAll(page: Page): Promise<void> {
  const buttons = await page.locator(COPIES).all()
  for (const button of buttons.slice(0, COPIES_OF_A_PAGE_MAX))
    await button.click({ timeout: 2_000 }).catch(() => undefined)
}

/** Looks at every page, connects, fails to connect, types a password, copies what can be copied. */
async function throughThePages(page: Page, { secrets, database }: Scene, url: URL): Promise<void> {
  await page.goto(url.href)
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.goto(`${url.origin}/#/connections`)
  await page.locator('[data-add="source"]').waitFor()
  await addSource(page, { name: 'by-hand', database, environment: 'Development', password: secrets.typed })
  const pages = [
    'inbox?source=orders',
    'message?source=orders&message=sent-1',
    'inbox?source=wrong',
    'inbox?source=leaked',
    'brokers',
    'jobs',
    'alerts',
    'confirmations',
    'journal',
  ]
  for (const path of [...pages, 'audits', 'sweeps', '']) {
    await page.goto(`${url.origin}/#/${path}`)
    await page.waitForTimeout(1_000)
    await copyAll(page)
  }
}

test('a planted secret is found nowhere but where the operator put it', async (context) => {
  const it = await scene(context)
  const { cli, secrets } = it
  const codes = await commandLine(it)
  // What was meant to work did, and what is wrong was not just wrong usage.
  expect(codes).toMatchObject({
    'redrive plan resend --source --json': 0,
    'redrive watch --once --json': 3,
    'redrive unconfirmed ask --source --json': 3,
    'redrive check-back --source orders --json': 0,
    'redrive journal export --out --json': 0,
    'redrive secrets list --json': 0,
    'test of printed': 0,
    'test of leaked': 2,
    'test of filed': 0,
  })
  expect(codes['redrive audit --source orders --json']).not.toBe(2)
  // They were used: what is found nowhere was not just never there.
  for (const name of ['webhook', 'upstream', 'check'] as const)
    expect(it.heard(), name).toContain(secrets[name])

  const serving = await serveConsole(it.cli)
  const pid = Number(serving.running.child.pid)
  const { page } = await openPage()
  page.setDefaultTimeout(STEP_TIMEOUT_MS)
  let received = ''
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => (received += String(payload))))
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const copied: string[] = []
  await page.exposeFunction('redriveTestCopied', (text: string) => void copied.push(text))
  await page.addInitScript(`
    const write = navigator.clipboard.writeText.bind(navigator.clipboard)
    navigator.clipboard.writeText = async (text) => {
      await write(text)
      await window.redriveTestCopied(await navigator.clipboard.readText())
    }
  `)
  await throughThePages(page, it, serving.url)
  const cookie = (await page.context().cookies()).find(({ name }) => name.startsWith('redrive_'))
  const token = serving.url.searchParams.get('token') ?? ''
  // Named by definition: the address that is printed, the cookie jar of the browser.
  const all = { ...secrets, session: cookie?.value ?? '', token }
  expect(all.session.length).toBeGreaterThan(20)

  found.push(...findSecrets('what the page was sent', received, all))
  expect(received.length).toBeGreaterThan(1_000)
  const storage = await page.evaluate<string>(
    'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state])',
  )
  found.push(...findSecrets('the storage of the page', storage, all))
  found.push(...findSecrets('the document', await page.content(), all))
  // What a page copies goes through the clipboard of the system, where every program and its history may read it.
  expect(copied.length).toBeGreaterThan(3)
  found.push(...findSecrets('the clipboard', copied.join('\n'), all))
  const heap = await heapOf(await page.context().newCDPSession(page))
  expect(heap).toContain('by-hand')
  found.push(...findSecrets("the page's memory", heap, all))
  const metrics = await (await fetch(`${serving.url.origin}/metrics`)).text()
  expect(metrics).toContain('redrive_')
  found.push(...findSecrets('the metrics', metrics, all))
  // Its own environment is where the operator put them; its command line and its children are not.
  found.push(...(await findInProcess(pid, ['cmdline'], all)), ...(await findInChildren(pid, all)))
  found.push(...(await findInFolder(cli.folder, all)))
  serving.running.child.kill('SIGTERM')
  const ended = await serving.running.result
  found.push(...findSecrets('the log of the console', ended.stderr, all))
  found.push(...findSecrets('the output of the console', ended.stdout, secrets))
  found.push(...(await findInFolder(cli.folder, all)))

  expect(found.filter((each) => !byDefinition(each))).toEqual([])
  expect(found.filter(byDefinition).length).toBeGreaterThan(0)
})

test('a password in an address is refused, and the refusal does not repeat it', async () => {
  const { inAddress } = plant(['inAddress'])
  const folder = await scratchFolder()
  for (const [driver, kind] of [
    ['postgres', 'sources'],
    ['mysql', 'sources'],
    ['redis', 'sources'],
    ['rabbitmq', 'brokers'],
  ] as const) {
    const scheme = driver === 'rabbitmq' ? 'amqp' : driver
    const entry = {
      driver,
      url: `${scheme}://user:${inAddress}@127.0.0.1/db`,
      ...(kind === 'sources'
        ? { environment: 'development', outbox: { profile: 'auto', table: 'outbox_message' } }
        : {}),
    }
    const cli = await openCli({ sources: {}, brokers: {}, [kind]: { bad: entry } })
    for (const result of [await cli.json('sources', 'list'), await cli.plain('sources', 'list')]) {
      expect(result.code, driver).toBe(2)
      expect(findSecrets(driver, result.stdout + result.stderr, { inAddress }), driver).toEqual([])
    }
  }
  await writeFile(join(folder, 'text'), inAddress)
  // The search itself can find.
  expect(await findInFolder(folder, { inAddress })).toHaveLength(1)
  const encoded = Buffer.from(`\0user\0${inAddress}`).toString('base64')
  expect(findSecrets('sasl', encoded, { inAddress })).toHaveLength(1)
  expect(await readFile(join(folder, 'text'), 'utf8')).toBe(inAddress)
})
