import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { format } from 'prettier'
import { describe, expect, test } from 'vitest'
import { workspaceJsonSchema } from '../../src-main/adapters/workspace-file/schema.ts'
import { openWorkspaceFile } from '../../src-main/adapters/workspace-file/workspace-file.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Workspace } from '../../src-main/domain/workspace.ts'

const source = {
  driver: 'postgres',
  url: 'postgres://user@host:5432/shop',
  password: { env: 'ORDERS_PASSWORD' },
  environment: 'development',
  outbox: { profile: 'auto', table: 'public.outbox_message' },
  deliver: { broker: 'rabbit' },
  stuckAfterSec: 60,
  maxAttempts: 3,
}
const broker = { driver: 'rabbitmq', url: 'amqp://guest@127.0.0.1:5672/', password: { value: 'guest' } }
const example = { sources: { orders: source }, brokers: { rabbit: broker } }

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'redrive-workspace-')), 'redrive.json')
}

async function load(value: unknown): Promise<Workspace> {
  const path = newPath()
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return openWorkspaceFile({ path }).load()
}

async function refusal(value: unknown): Promise<RedriveError> {
  const error: unknown = await load(value).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(RedriveError)
  expect(error).toMatchObject({ code: 'workspace-invalid', retry: 'never' })
  return error as RedriveError
}

const withSource = (more: object): object => ({ ...example, sources: { orders: { ...source, ...more } } })
const withBroker = (more: object): object => ({ ...example, brokers: { rabbit: { ...broker, ...more } } })

describe('reading', () => {
  test('the example of the documentation is taken as it is', async () => {
    expect(await load(example)).toEqual(example)
  })

  test('a file that does not exist is an empty workspace', async () => {
    expect(await openWorkspaceFile({ path: newPath() }).load()).toEqual({ sources: {}, brokers: {} })
  })

  test('what is left out gets its default', async () => {
    const { driver, url, environment } = source
    const least = { sources: { orders: { driver, url, environment, outbox: { table: 't' } } } }
    expect(await load(least)).toEqual({
      sources: {
        orders: {
          driver,
          url,
          environment,
          outbox: { profile: 'auto', table: 't' },
          stuckAfterSec: 300,
          maxAttempts: 3,
        },
      },
      brokers: {},
    })
  })

  test('a source on MySQL or MariaDB, by either scheme, also through a socket', async () => {
    for (const url of [
      'mysql://user@host:3306/shop',
      'mariadb://user@host/shop',
      'mysql://user@%2Frun%2Fmysqld%2Fmysqld.sock/shop',
    ]) {
      const loaded = await load(withSource({ driver: 'mysql', url }))
      expect(loaded.sources.orders).toMatchObject({ driver: 'mysql', url })
      const evidence = { url, table: 'inbox', messageId: 'id', retentionSec: null }
      expect((await load(withSource({ evidence }))).sources.orders?.evidence).toMatchObject({ url })
    }
  })

  test('a source in a file of SQLite, and one in a Redis, by every address that leads there', async () => {
    const urls = {
      sqlite: ['sqlite:///var/lib/a%20b.db', 'file:///a.db'],
      redis: [
        'redis://127.0.0.1/0',
        'rediss://me@host:6380/2',
        'redis-sentinel://a:1,b:2/shop/0',
        'redis-cluster://a:1,b:2',
      ],
    }
    for (const [driver, all] of Object.entries(urls))
      for (const url of all)
        expect((await load(withSource({ driver, url }))).sources.orders).toMatchObject({ driver, url })
    for (const [driver, url] of [
      ['sqlite', 'sqlite://host/a.db'],
      ['sqlite', 'sqlite:///a.db?mode=rwc'],
      ['sqlite', 'redis://host/0'],
      ['redis', 'redis://me:secret@host/0'],
      ['redis', 'sqlite:///a.db'],
      ['postgres', 'redis://host/0'],
    ]) {
      const error = await refusal(withSource({ driver, url }))
      expect(error.detail).toMatchObject({ at: 'sources.orders.url' })
      expect(JSON.stringify(error.detail)).not.toContain('secret')
    }
  })

  test('every kind of password and of encryption', async () => {
    for (const password of [{ value: '' }, { env: 'A' }, { keychain: true }, { prompt: true }]) {
      expect((await load(withSource({ password }))).sources.orders?.password).toEqual(password)
    }
    const tls = {
      mode: 'verify-full',
      caFile: 'ca.pem',
      certFile: 'c.pem',
      keyFile: 'k.pem',
      serverName: 'db',
    }
    expect((await load(withSource({ tls }))).sources.orders?.tls).toEqual(tls)
  })
})

test('schemas of message types are read and written again', async () => {
  const schemas = { OrderPaid: 'schemas/order-paid.json', 'order paid/2': '..v2.json' }
  const workspace = await load(withSource({ outbox: { ...source.outbox, schemas } }))
  expect(workspace.sources.orders?.outbox.schemas).toEqual(schemas)
  const path = newPath()
  await openWorkspaceFile({ path }).save(workspace)
  expect(await openWorkspaceFile({ path }).load()).toEqual(workspace)
})

describe('refusing, with the place and the problem', () => {
  const cases: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['unknown key of a source', withSource({ foo: 1 }), 'sources.orders.foo', /unknown key/],
    ['unknown key at the top', { ...example, source: {} }, 'source', /unknown key/],
    [
      'unknown key deep down',
      withSource({ outbox: { table: 't', schema: 's' } }),
      'sources.orders.outbox.schema',
      /unknown key/,
    ],
    ['unknown driver', withSource({ driver: 'oracle' }), 'sources.orders.driver', /postgres/],
    ['unknown broker driver', withBroker({ driver: 'zeromq' }), 'brokers.rabbit.driver', /rabbitmq/],
    ['unknown environment', withSource({ environment: 'prod' }), 'sources.orders.environment', /production/],
    ['missing url', withSource({ url: undefined }), 'sources.orders.url', /string/],
    ['no url', withSource({ url: 'host:5432/shop' }), 'sources.orders.url', /not a postgres/],
    ['other url', withSource({ url: 'mysql://user@host/shop' }), 'sources.orders.url', /not a postgres/],
    [
      'a url of PostgreSQL for MySQL',
      withSource({ driver: 'mysql', url: 'postgres://user@host/shop' }),
      'sources.orders.url',
      /not a mysql/,
    ],
    [
      'a url of MySQL without a user',
      withSource({ driver: 'mysql', url: 'mysql://host/shop' }),
      'sources.orders.url',
      /mysql:\/\/user@host:3306/,
    ],
    [
      'evidence at no database',
      withSource({ evidence: { url: 'amqp://user@host/', table: 't', messageId: 'm', retentionSec: null } }),
      'sources.orders.evidence.url',
      /postgres:\/\/, mysql:/,
    ],
    ['url without database', withSource({ url: 'postgres://user@host' }), 'sources.orders.url', /database/],
    ['url without user', withSource({ url: 'postgres://host/shop' }), 'sources.orders.url', /user/],
    [
      'broken escape',
      withSource({ url: 'postgres://us%er@host/shop' }),
      'sources.orders.url',
      /not a postgres/,
    ],
    ['broker url', withBroker({ url: 'http://host/' }), 'brokers.rabbit.url', /amqp/],
    ['memory with an amqp url', withBroker({ driver: 'memory' }), 'brokers.rabbit.url', /memory/],
    [
      'broker that does not exist',
      withSource({ deliver: { broker: 'kafka' } }),
      'sources.orders.deliver.broker',
      /kafka/,
    ],
    [
      'broker that is only inherited',
      withSource({ deliver: { broker: 'constructor' } }),
      'sources.orders.deliver.broker',
      /constructor/,
    ],
    [
      'replica on another kind of server',
      withSource({
        driver: 'mysql',
        url: 'mysql://user@host/shop',
        replica: { url: 'mysql://user@other/shop' },
      }),
      'sources.orders.replica.url',
      /only PostgreSQL/,
    ],
    [
      'replica with a password in its address',
      withSource({ replica: { url: 'postgres://user:secret@other/shop' } }),
      'sources.orders.replica.url',
      /password/,
    ],
    ['password as text', withSource({ password: 'secret' }), 'sources.orders.password', /"env"/],
    ['two passwords', withSource({ password: { env: 'A', value: 'b' } }), 'sources.orders.password', /"env"/],
    ['time below one', withSource({ stuckAfterSec: 0 }), 'sources.orders.stuckAfterSec', /1/],
    ['half an attempt', withSource({ maxAttempts: 2.5 }), 'sources.orders.maxAttempts', /int/],
    [
      'half a certificate',
      withSource({ tls: { mode: 'require', certFile: 'c' } }),
      'sources.orders.tls',
      /keyFile/,
    ],
    ['name with a dot', { sources: { 'a.b': source }, brokers: {} }, 'sources.a.b', /letters/],
    ...[
      ['/etc/passwd', /relative/],
      ['../order.json', /no \.\./],
      ['schemas/../../order.json', /no \.\./],
      ['C:\\order.json', /no drive/],
      ['', /1/],
    ].map(
      ([path, problem]) =>
        [
          `schema at ${String(path)}`,
          withSource({ outbox: { table: 't', schemas: { OrderPaid: path } } }),
          'sources.orders.outbox.schemas.OrderPaid',
          problem as RegExp,
        ] as const,
    ),
    ['a list', [], '', /object/],
    ['no JSON', '{\n  "sources": {,\n}', 'line 2, column 15', /JSON/],
    ['cut off', '{"sources": {', 'line 1, column 14', /JSON/],
    ['no text', '', 'line 1, column 1', /JSON/],
  ]
  test.each(cases)('%s', async (_name, value, at, problem) => {
    const { detail } = await refusal(value)
    expect(detail).toMatchObject({ at, problem: expect.stringMatching(problem) })
    expect(detail.path).toMatch(/redrive\.json$/)
  })

  test('a password in a url is refused, told where to put it, and not repeated', async () => {
    for (const value of [
      withSource({ url: 'postgres://user:hunter2@host/shop' }),
      withSource({ url: 'postgres://user@host/shop?password=hunter2' }),
      withBroker({ url: 'amqp://guest:hunter2@host/' }),
    ]) {
      const error = await refusal(value)
      expect(error.detail.problem).toMatch(/"password"/)
      expect(error.message).not.toContain('hunter2')
    }
  })

  test('a file that is no JSON is not quoted', async () => {
    const error = await refusal('{"sources": {"a": {"password": {"value": "hunter2" oops}}}}')
    expect(error.message).not.toContain('hunter2')
  })

  test('a file that cannot be read', async () => {
    const path = newPath()
    mkdirSync(path)
    await expect(openWorkspaceFile({ path }).load()).rejects.toMatchObject({ code: 'workspace-invalid' })
    writeFileSync(`${path}/x`, Buffer.from([0xff, 0xfe, 0x00]))
    await expect(openWorkspaceFile({ path: `${path}/x` }).load()).rejects.toMatchObject({
      code: 'workspace-invalid',
    })
  })
})

describe('writing', () => {
  test('what was saved is loaded; the file is private, readable and alone', async () => {
    const path = newPath()
    writeFileSync(path, '{"$schema":"./workspace.schema.json","sources":{}}')
    chmodSync(path, 0o644)
    const file = openWorkspaceFile({ path })
    const workspace = await load(example)
    await Promise.all([file.save({ sources: {}, brokers: {} }), file.save(workspace)])
    expect(await file.load()).toEqual(workspace)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(path, 'utf8')).toMatch(
      /^{\n {2}"\$schema": "\.\/workspace\.schema\.json",\n {2}"sources": {\n/,
    )
    expect(readdirSync(join(path, '..'))).toEqual(['redrive.json'])
  })

  test('an invalid workspace is not saved', async () => {
    const path = newPath()
    const file = openWorkspaceFile({ path })
    const workspace = await load(example)
    await file.save(workspace)
    await expect(file.save({ ...workspace, brokers: {} })).rejects.toMatchObject({
      code: 'workspace-invalid',
    })
    expect(await file.load()).toEqual(workspace)
  })

  test('the file behind a link is replaced, not the link', async () => {
    const path = newPath()
    const link = `${path}.link`
    writeFileSync(path, '{}')
    symlinkSync(path, link)
    const workspace = await load(example)
    await openWorkspaceFile({ path: link }).save(workspace)
    expect(await openWorkspaceFile({ path }).load()).toEqual(workspace)
  })

  test('a folder that does not exist', async () => {
    const file = openWorkspaceFile({ path: `${newPath()}/none/redrive.json` })
    await expect(file.save({ sources: {}, brokers: {} })).rejects.toMatchObject({ code: 'workspace-invalid' })
  })
})

// Out of date? `npx vitest run --config .config/vitest.config.ts --project unit test/unit/workspace-file.test.ts -u`
test('resources/workspace.schema.json says what the program checks', async () => {
  const json = await format(JSON.stringify(workspaceJsonSchema()), { parser: 'json', printWidth: 110 })
  await expect(json).toMatchFileSnapshot('../../resources/workspace.schema.json')
})
