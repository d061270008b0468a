import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { mysqlDatabase } from '../support/mysql.ts'
import { mariadbPassword } from '../support/mariadb.ts'
import { scratchFolder } from '../support/scratch.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')
const PASSPHRASE = 'a long enough passphrase'

async function stage() {
  const folder = await scratchFolder()
  const run = async (words: readonly string[], input = '', env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [MAIN, ...words, '--json', '--data', join(folder, 'data')], {
      cwd: folder,
      env: { ...process.env, REDRIVE_SECRETS_PASSPHRASE: PASSPHRASE, ...env },
    })
    child.stdin.end(input)
    const [stdout, stderr, code] = await Promise.all([
      readText(child.stdout),
      readText(child.stderr),
      new Promise<number | null>((done) => child.once('close', done)),
    ])
    const records = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { code, records, said: stdout + stderr }
  }
  return { folder, run }
}

test('a secret is set, used, listed by its name, and removed', async () => {
  const { folder, run } = await stage()
  const database = await mysqlDatabase()
  // A server that asks for nothing takes no password: this one is asked for by its name, whatever it is.
  const secret = mariadbPassword()
  const workspace = join(folder, 'redrive.json')
  const source = {
    driver: 'mysql',
    url: database.url,
    password: { secret: 'orders' },
    environment: 'development',
    outbox: { profile: 'auto', table: 'outbox_message' },
  }
  await writeFile(workspace, JSON.stringify({ sources: { orders: source }, brokers: {} }))
  const test_ = () => run(['sources', 'test', '--source', 'orders', '--workspace', workspace])
  const missing = await test_()
  expect(missing).toMatchObject({ code: 2 })
  expect(missing.said).toContain('redrive secrets set orders')

  const value = secret === '' ? 'whatever' : secret
  expect(await run(['secrets', 'set', 'orders', '--stdin'], `${value}\nignored`)).toMatchObject({
    code: 0,
    records: [{ type: 'secret-set', name: 'orders' }],
  })
  expect((await run(['secrets', 'set', 'other', '--stdin'], 'x')).code).toBe(0)
  expect((await test_()).said).not.toContain('secret-missing')
  const listed = await run(['secrets', 'list'])
  expect(listed.records).toEqual([
    { type: 'secret', name: 'orders' },
    { type: 'secret', name: 'other' },
  ])
  expect((await run(['secrets', 'remove', 'orders'])).code).toBe(0)
  expect((await run(['secrets', 'remove', 'orders'])).records).toMatchObject([{ code: 'secret-missing' }])
  expect((await run(['secrets', 'list'])).records).toHaveLength(1)
})

test('what cannot be is refused before anything is written', async () => {
  const { folder, run } = await stage()
  const set = ['secrets', 'set', 'orders', '--stdin']
  const file = join(folder, 'data', 'secrets.age')
  const nobody = { REDRIVE_SECRETS_PASSPHRASE: '' }
  expect((await run(set, 'x', nobody)).records).toMatchObject([{ code: 'secrets-locked' }])
  expect((await run(set, 'x', { REDRIVE_SECRETS_PASSPHRASE: 'short' })).said).toContain(
    'at least 8 characters',
  )
  expect((await run(set, '')).said).toContain('empty')
  expect((await run(['secrets', 'set', 'orders'])).said).toContain('--stdin')
  await expect(readFile(file)).rejects.toThrow('ENOENT')
  expect((await run(set, 'x')).code).toBe(0)
  const before = await readFile(file)
  const wrong = await run(set, 'y', { REDRIVE_SECRETS_PASSPHRASE: 'a wrong passphrase' })
  expect(wrong).toMatchObject({ code: 2, records: [{ code: 'secrets-passphrase-wrong' }] })
  expect(wrong.said).not.toContain('a wrong passphrase')
  expect(await readFile(file)).toEqual(before)
  await writeFile(file, before.subarray(0, 100))
  expect((await run(['secrets', 'list'])).records).toMatchObject([{ code: 'secrets-file-damaged' }])
})
