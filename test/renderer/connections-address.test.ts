import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { readAddress, shortAddress, writeAddress } from '../../src-renderer/features/connections/address.ts'
import {
  addressOf,
  defaultPort,
  emptyFields,
  fieldsOf,
  problemsOf,
  takePasted,
  tlsOf,
} from '../../src-renderer/features/connections/connection-form.ts'
import { leastPrivilegeSql } from '../../src-renderer/features/connections/least-privilege.ts'

describe('an address', () => {
  test.each([
    ['postgres', 'postgres://redrive@db.internal:5432/shop'],
    ['postgres', 'postgres://redrive@[2001:db8::1]/shop'],
    ['postgres', 'postgres://redrive@%2Frun%2Fpostgresql/shop'],
    ['postgres', 'postgres://a%40b@h/caf%C3%A9%2F1'],
    ['mysql', 'mysql://redrive@db.internal:3306/shop'],
    ['mysql', 'mysql://redrive@%2Frun%2Fmysqld%2Fmysqld.sock/shop'],
    ['rabbitmq', 'amqp://guest@127.0.0.1:5672/'],
    ['rabbitmq', 'amqps://guest@mq/shop%2Feu'],
  ] as const)('%s %s survives the form', (kind, url) => {
    expect(writeAddress(kind, readAddress(kind, url)!.address)).toBe(url)
  })

  test('whatever is typed as user and database comes back', () => {
    const text = fc
      .string({ minLength: 1, maxLength: 30, unit: 'binary' })
      .filter((value) => !value.includes('\0'))
    fc.assert(
      fc.property(text, text, (user, path) => {
        const address = { scheme: 'postgres', host: 'db', port: '5432', user, path }
        expect(readAddress('postgres', writeAddress('postgres', address))?.address).toEqual(address)
      }),
    )
  })

  test.each(['', 'db.internal', 'mysql://u@h/d', 'http://h/'])('%j is none of a source', (text) => {
    expect(readAddress('postgres', text)).toBeNull()
  })

  test('a list shows where it leads, without the user', () => {
    expect(shortAddress('postgres', 'postgres://redrive@db:5433/shop')).toBe('db:5433/shop')
    expect(shortAddress('rabbitmq', 'amqp://guest@mq:5672/')).toBe('mq:5672/')
    expect(shortAddress('postgres', 'something else')).toBe('something else')
  })

  test('a pasted address fills the fields; its password goes to the password, its sslmode to TLS', () => {
    const taken = takePasted(
      'postgres',
      emptyFields('postgres'),
      ' postgres://a:p%40w@h:1/d?sslmode=require ',
    )
    expect(taken).toMatchObject({
      host: 'h',
      port: '1',
      user: 'a',
      path: 'd',
      passwordValue: 'p@w',
      tlsMode: 'require',
    })
    expect(writeAddress('postgres', addressOf('postgres', taken!))).toBe('postgres://a@h:1/d')
    expect(takePasted('rabbitmq', emptyFields('rabbitmq'), 'amqps://h')).toMatchObject({
      tlsMode: 'verify-full',
      path: '/',
    })
    expect(takePasted('postgres', emptyFields('postgres'), 'just-a-host')).toBeNull()
  })

  test('TLS of a broker is one thing: scheme, mode and default port agree', () => {
    const fields = {
      ...emptyFields('rabbitmq'),
      host: 'mq',
      user: 'u',
      tlsMode: 'require' as const,
      caFile: ' /ca.pem ',
    }
    expect(writeAddress('rabbitmq', addressOf('rabbitmq', fields))).toBe('amqps://u@mq/')
    expect(defaultPort('rabbitmq', 'require')).toBe('5671')
    expect(tlsOf(fields)).toEqual({ mode: 'require', caFile: '/ca.pem' })
    expect(tlsOf({ ...fields, tlsMode: 'disable' })).toEqual({ mode: 'disable' })
  })

  test('a saved connection comes into the form without any password', () => {
    const saved = { name: 'shop', url: 'postgres://u@h/d', passwordKind: 'stored' as const }
    expect(fieldsOf('postgres', saved)).toMatchObject({ passwordChoice: 'keep', passwordValue: '' })
    expect(problemsOf('postgres', fieldsOf('postgres', saved))).toEqual({})
    expect(fieldsOf('postgres', { ...saved, passwordKind: 'none' }).passwordChoice).toBe('none')
  })
})

describe('SQL for a role with least privilege', () => {
  const base = {
    kind: 'postgres' as const,
    role: 'redrive',
    database: 'shop',
    table: 'app.outbox_message',
    profile: 'redrive-reference',
  }

  test('grants reading one table and writing what Redrive writes, nothing else', () => {
    expect(leastPrivilegeSql(base)).toBe(
      [
        'create role redrive login nosuperuser nocreatedb nocreaterole;',
        '-- then in psql: \\password redrive',
        'grant connect on database shop to redrive;',
        'grant usage on schema app to redrive;',
        'grant select, update (status, attempts, next_attempt_at, last_error, updated_at) on app.outbox_message to redrive;',
      ].join('\n'),
    )
  })

  test('quotes what has to be quoted', () => {
    const sql = leastPrivilegeSql({ ...base, database: 'my"shop', table: '"App.x"."Out""box"' })
    expect(sql).toContain('on database "my""shop"')
    expect(sql).toContain('on "App.x"."Out""box" to redrive')
    expect(leastPrivilegeSql({ ...base, table: 'outbox' })).toContain('on public.outbox to')
  })

  test('on MySQL the database is the schema, and names with dots and backticks are quoted', () => {
    const mysql = { ...base, kind: 'mysql' as const, table: 'shop.outbox_message' }
    expect(leastPrivilegeSql(mysql)).toBe(
      [
        "create user 'redrive'@'%' identified by '…';",
        "grant select, update (status, attempts, next_attempt_at, last_error, updated_at) on `shop`.`outbox_message` to 'redrive'@'%';",
      ].join('\n'),
    )
    const cap = leastPrivilegeSql({ ...mysql, profile: 'cap', database: 'a.b', table: 'a.b.cap.pub`lished' })
    expect(cap).toContain("grant select, update on `a.b`.`cap.pub``lished` to 'redrive'@'%';")
    expect(leastPrivilegeSql({ ...mysql, database: 'other', profile: 'cap' })).toContain(
      'on `shop`.`outbox_message`',
    )
  })
})
