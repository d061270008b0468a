import { once } from 'node:events'
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { openCli } from '../support/cli.ts'
import type { Cli } from '../support/cli.ts'

const edge = (path: string) => ({
  driver: 'sqlite',
  url: `sqlite://${path}`,
  environment: 'development',
  outbox: { profile: 'auto', table: 'outbox' },
})

/** A store with some entries: an alert needs no server. */
async function withEntries(): Promise<Cli> {
  const cli = await openCli({ sources: {}, brokers: {} })
  await note(cli)
  return cli
}

/** A source that is not there is looked at in vain, which fires the alert. */
async function note(cli: Cli, rule = 'silent'): Promise<void> {
  await writeFile(
    cli.workspaceFile,
    JSON.stringify({
      sources: { edge: edge(join(cli.folder, 'none.db')) },
      brokers: {},
      alerts: { rules: { [rule]: { when: { measure: 'source-silent' }, forSec: 0 } } },
    }),
  )
  await cli.here('watch', '--once')
}

async function exported(cli: Cli): Promise<{ file: string; key: string }> {
  const file = join(cli.folder, 'journal.jsonl')
  const key = join(cli.folder, 'journal.pub')
  expect(await cli.here('journal', 'export', '--out', file)).toMatchObject({ code: 0 })
  expect(await cli.here('journal', 'key', '--out', key)).toMatchObject({ code: 0 })
  return { file, key }
}

test('an export is verified offline, with nothing but the file and the public key', async () => {
  const cli = await withEntries()
  const { file, key } = await exported(cli)
  const elsewhere = await openCli({ sources: {}, brokers: {} })
  const verdict = await elsewhere.json('journal', 'verify', file, '--key', key)
  const { fingerprint } = (await cli.here('journal', 'key')).records[0] as { fingerprint: string }
  expect(verdict).toMatchObject({
    code: 0,
    records: [{ intact: true, signed: { by: [fingerprint], before: 0 } }],
  })
  // No store was made for it.
  await expect(stat(join(elsewhere.folder, 'data'))).rejects.toThrow('ENOENT')

  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace('"action":"alert-fired"', '"action":"resolved"'))
  expect(await elsewhere.here('journal', 'verify', file, '--key', key)).toMatchObject({
    code: 3,
    records: [{ intact: false, finding: 'changed' }],
  })
  const foreign = join(elsewhere.folder, 'foreign.pub')
  await elsewhere.here('journal', 'key', '--out', foreign)
  await writeFile(file, text)
  expect(await elsewhere.here('journal', 'verify', file, '--key', foreign)).toMatchObject({
    code: 3,
    records: [{ finding: 'unknown-key' }],
  })
})

test('an older export, and one that lacks a noted entry, are told by what was noted', async () => {
  const cli = await withEntries()
  const { file, key } = await exported(cli)
  const old = await readFile(file, 'utf8')
  await note(cli, 'dumb')
  const newer = join(cli.folder, 'newer.jsonl')
  await cli.here('journal', 'export', '--out', newer)
  const seen = join(cli.folder, 'seen.json')
  const offline = (path: string) => cli.here('journal', 'verify', path, '--key', key, '--seen', seen)
  expect(await offline(file)).toMatchObject({ code: 0 })
  expect(await offline(newer)).toMatchObject({ code: 0 })
  await writeFile(file, old)
  expect(await offline(file)).toMatchObject({ code: 3, records: [{ finding: 'truncated' }] })
  // The store itself holds what was noted.
  expect(await cli.here('journal', 'verify', '--seen', seen)).toMatchObject({ code: 0 })
  const head = `9999:${'0'.repeat(64)}`
  expect(await cli.here('journal', 'verify', '--head', head)).toMatchObject({
    code: 3,
    records: [{ finding: 'truncated' }],
  })
})

test('the key is for its owner alone, and one that others may read is refused', async () => {
  const cli = await withEntries()
  const file = join(cli.folder, 'data', 'journal.key')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await chmod(file, 0o640)
  expect(await cli.here('journal', 'list')).toMatchObject({
    code: 1,
    records: [
      { code: 'store-failed', detail: { path: file, problem: expect.stringContaining('chmod 600') } },
    ],
  })
})

test('a key that was made anew does not vouch for what the old one signed, unless it is named', async () => {
  const cli = await withEntries()
  const { key } = await exported(cli)
  await cli.here('journal', 'verify')
  await writeFile(join(cli.folder, 'data', 'journal.key'), '')
  expect(await cli.here('journal', 'verify')).toMatchObject({ code: 1, records: [{ code: 'store-failed' }] })
  await rm(join(cli.folder, 'data', 'journal.key'))
  expect(await cli.here('journal', 'verify')).toMatchObject({
    code: 3,
    records: [{ finding: 'unknown-key' }],
  })
  expect(await cli.here('journal', 'verify', '--key', key)).toMatchObject({ code: 0 })
})

test('wrong use is said: an export without a key, a private key in the place of the public one', async () => {
  const cli = await withEntries()
  const { file } = await exported(cli)
  expect(await cli.here('journal', 'verify', file)).toMatchObject({ code: 2 })
  const secret = join(cli.folder, 'data', 'journal.key')
  expect(await cli.here('journal', 'verify', file, '--key', secret)).toMatchObject({ code: 2 })
  expect(await cli.here('journal', 'verify', '--head', 'x')).toMatchObject({ code: 2 })
})

test('entries are handed on to a file, each once and in order; a gap on either side is noticed', async () => {
  const cli = await withEntries()
  const file = join(cli.folder, 'forwarded.jsonl')
  const forward = () => cli.here('journal', 'forward', '--to', file)
  expect(await forward()).toMatchObject({ code: 0, records: [{ gapAt: null }] })
  await note(cli, 'dumb')
  // As a crash leaves it in the middle of a line.
  await writeFile(file, `${await readFile(file, 'utf8')}{"seq":99,"at":"2`)
  expect(await forward()).toMatchObject({ code: 0 })
  expect(await forward()).toMatchObject({ code: 0, records: [{ entries: 0 }] })
  const seqs = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { seq: number }).seq)
  expect(seqs.length).toBeGreaterThan(1)
  expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/"hash":"(.)/g, '"hash":"x$1'))
  expect(await forward()).toMatchObject({ code: 3, records: [{ gapAt: seqs.length, entries: 0 }] })
})

test('entries are handed on to a collector; what it did not take is handed on again, and its gap is told', async () => {
  const cli = await withEntries()
  const answers = [500, 200, 409]
  const got: { readonly status: number; readonly body: string; readonly token: string | undefined }[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const status = answers.shift() ?? 200
      got.push({ status, body, token: request.headers.authorization })
      response.writeHead(status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  process.env['COLLECTOR_TOKEN'] = 'sesame'
  onTestFinished(() => void delete process.env['COLLECTOR_TOKEN'])
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/journal`
  const forward = () => cli.here('journal', 'forward', '--to', url, '--token', 'COLLECTOR_TOKEN')
  expect(await forward()).toMatchObject({ code: 2 })
  expect(await forward()).toMatchObject({ code: 0, records: [{ gapAt: null }] })
  expect(got[1]).toEqual({ ...got[0], status: 200 })
  expect(got[0]).toMatchObject({ token: 'Bearer sesame', body: expect.stringContaining('"seq":1,') })
  await note(cli, 'dumb')
  expect(await forward()).toMatchObject({ code: 3 })
  expect(await forward()).toMatchObject({ code: 0 })
  expect(await forward()).toMatchObject({ code: 0, records: [{ entries: 0 }] })
})
