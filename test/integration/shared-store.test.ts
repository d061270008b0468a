import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { calling } from '../support/callers.ts'
import { expect, test } from 'vitest'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import { composedEngine } from '../support/composed-engine.ts'
import { openCli } from '../support/cli.ts'
import { serverAddress } from '../support/postgres-server.ts'
import { testDatabase } from '../support/postgres.ts'

interface StoreEntry {
  readonly url: string
  readonly password?: object
}

function workspaceFolder(store: StoreEntry | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), 'redrive-team-'))
  writeFileSync(join(folder, 'redrive.json'), JSON.stringify({ sources: {}, brokers: {}, store }))
  return folder
}

async function sharedEntry(): Promise<StoreEntry> {
  const { url } = await testDatabase({ empty: true })
  return { url, password: { value: serverAddress().password } }
}

async function consoleOf(store: StoreEntry | undefined) {
  const folder = workspaceFolder(store)
  const { router } = await composedEngine(folder)
  return { folder, client: createRouterClient(router, calling()) }
}

const view = { query: 'trouble:failed', source: null, grouping: 'error', order: 'newest' } as const

test('consoles whose workspace names a store share what they write down; without it each has its own file', async () => {
  const store = await sharedEntry()
  const [ann, ben, alone] = [await consoleOf(store), await consoleOf(store), await consoleOf(undefined)]
  await ann.client.views.save({ view: null, name: 'Money', ...view })
  const names = async ({ client }: typeof ann) => (await client.views.list({})).views.map(({ name }) => name)
  expect(await names(ben)).toEqual(['Money'])
  expect(await names(alone)).toEqual([])
  expect([ann, ben, alone].map(({ folder }) => existsSync(join(folder, 'data', 'redrive.db')))).toEqual([
    false,
    false,
    true,
  ])
})

test('a workspace that names another store than the one that is open is refused until the next start', async () => {
  const store = await sharedEntry()
  const { folder, client } = await consoleOf(store)
  const file = join(folder, 'redrive.json')
  await client.connections.list({})
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, JSON.stringify({ sources: {}, brokers: {} }))
  await expect(client.connections.list({})).rejects.toThrow('workspace-invalid')
  writeFileSync(file, text)
  await client.connections.list({})
})

test('saving connections keeps the store; one that is no PostgreSQL, or holds a password, is refused', async () => {
  const path = join(workspaceFolder({ url: 'postgres://redrive@db/team' }), 'redrive.json')
  const workspace = openWorkspaceFile({ path })
  await workspace.save(await workspace.load())
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    store: { url: 'postgres://redrive@db/team' },
  })
  for (const url of ['mysql://redrive@db/team', 'postgres://redrive:secret@db/team', 'postgres://db/team']) {
    writeFileSync(path, JSON.stringify({ store: { url } }))
    await expect(workspace.load()).rejects.toMatchObject({ code: 'workspace-invalid' })
  }
})

test('--store takes the place of the local file', async () => {
  const { url } = await sharedEntry()
  const cli = await openCli({ sources: {}, brokers: {} })
  const ends = await cli.plainHere('journal', 'verify', '--store', url)
  expect(ends).toMatchObject({ code: 0 })
  const gone = await cli.plainHere('journal', 'verify', '--store', 'postgres://redrive@127.0.0.1:1/redrive')
  expect(gone.code).not.toBe(0)
  expect(gone.stderr).toContain('postgres://127.0.0.1:1/redrive cannot be used')
})
