import { format } from 'prettier'
import { expect, test } from 'vitest'
import { parseMapping, parseMappingText } from '../../src-main/adapters/mapping-schema/parse.ts'
import { mappingJsonSchema } from '../../src-main/adapters/mapping-schema/schema.ts'
import { profiles } from '../../src-main/adapters/profiles/profiles.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Mapping } from '../../src-main/domain/mapping/mapping.ts'
import { refusalOf } from '../../src-main/domain/mapping/refusals.ts'
import { mappingColumns, mappingDigest } from '../../src-main/domain/mapping/walk.ts'
import { plain } from '../../src-main/domain/text.ts'

const small = {
  profile: 'small',
  key: 'id',
  messageId: 'id',
  times: {},
  states: [{ state: 'pending', when: { all: [] } }],
  sentRows: 'deleted',
  relay: { model: 'poller' },
} as const satisfies Mapping

function refusedAt(change: object): string {
  try {
    parseMapping({ ...small, ...change }, 'orders.json')
  } catch (error) {
    if (error instanceof RedriveError && error.code === 'mapping-invalid') {
      return `${plain(error.detail['at'] ?? '')} | ${plain(error.detail['problem'] ?? '')}`
    }
    throw error
  }
  return expect.fail('it should have been refused')
}

test('what is wrong with a mapping is said with its place', () => {
  expect(parseMapping(small, 'orders.json')).toEqual(small)
  expect(refusedAt({ surprise: 1 })).toContain('orders.json')
  expect(refusedAt({ states: [{ state: 'pending', when: { all: [{ column: 'a', equls: 1 }] } }] })).toContain(
    'orders.json: states[0].when',
  )
  expect(refusedAt({ states: [{ state: 'lost', when: { all: [] } }] })).toContain('states[0].state')
  expect(refusedAt({ lastError: { of: 'errors', value: { column: 'text' } } })).toContain(
    'there is no companion "errors"',
  )
  expect(refusedAt({ attempts: { value: 'tries', limit: { setting: 'max' } } })).toContain(
    'there is no setting "max"',
  )
  expect(refusedAt({ retry: { set: { id: 7 } } })).toContain('retry.set | the key column "id"')
  expect(refusedAt({ retry: { set: { state: 0, body: 'x' }, never: ['body'] } })).toContain('never touched')
  expect(refusedAt({ retry: { set: { state: { is: 'token' } } } })).toContain('the token is not known')
  expect(refusedAt({ retry: {} })).toContain('an update that sets nothing')
  expect(refusedAt({ resolve: { does: 'delete', set: { state: 1 } } })).toContain('deleted')
  expect(refusedAt({ columns: { at: { time: 'local' } } })).toContain('needs its zone')
  expect(refusedAt({ columns: { at: { time: 'epoch-s', zone: 'Asia/Shanghai' } } })).toContain('has no zone')
  expect(refusedAt({ evidence: { retentionSec: 60 } })).toContain('either a companion')
  expect(
    refusedAt({
      resend: { tokenColumn: 'token', claim: {}, confirm: {}, fail: {}, retry: {}, release: [] },
    }),
  ).toContain('does not name a payload, which a resend needs')
  expect(() => parseMappingText('{', 'orders.json')).toThrow(/not valid JSON/)
})

test('a row-value comparison has as many values as columns', () => {
  const when = (values: readonly unknown[]) => ({
    states: [{ state: 'pending', when: { columns: ['a', 'b'], above: values } }],
  })
  expect(parseMapping({ ...small, ...when([1, 2]) }, 'here').states).toHaveLength(1)
  expect(refusedAt(when([1]))).toContain('states[0].when')
})

test('columns are those of the row, and apart from them those of each companion', () => {
  const mapping: Mapping = {
    ...small,
    lastError: { of: 'errors', value: { path: ['text'], in: { column: 'body' } } },
    companions: { errors: { table: 'errors', on: { column: 'outbox_id', equals: { row: 'id' } } } },
    states: [
      { state: 'failed', when: { exists: 'errors', where: { column: 'fatal', equals: true } } },
      { state: 'pending', when: { value: { count: 'errors' }, below: { column: 'max_tries' } } },
    ],
    retry: { set: { tries: 0 }, never: ['body'], guard: { column: 'locked', isNull: true } },
  }
  expect(mappingColumns(mapping).sort()).toEqual(['body', 'id', 'locked', 'max_tries', 'tries'])
  expect(mappingColumns(mapping, 'errors').sort()).toEqual(['body', 'fatal', 'outbox_id'])
})

test('the digest does not depend on the order of names, and on everything else', () => {
  const [first = small] = profiles
  const turned = Object.fromEntries(Object.entries(first).reverse()) as unknown as Mapping
  expect(mappingDigest(turned)).toBe(mappingDigest(first))
  expect(mappingDigest({ ...first, lastError: 'other' })).not.toBe(mappingDigest(first))
})

function insteadOf(mapping: Mapping, action: 'resend' | 'retry'): string {
  return plain(refusalOf(mapping, action)?.instead ?? '')
}

test('what a layout does not allow has a reason and something to do instead', () => {
  expect(insteadOf(small, 'resend')).toMatch(/retry/)
  expect(insteadOf(small, 'retry')).toMatch(/"retry"/)
  expect(insteadOf({ ...small, relay: { model: 'cdc' } }, 'retry')).toMatch(/copy/)
  expect(refusalOf({ ...small, retry: { set: { state: 0 } } }, 'retry')).toBeNull()
  const refuse = { retry: { reason: 'an event store', instead: 'Replay it.' } }
  expect(refusalOf({ ...small, retry: { set: { state: 0 } }, refuse }, 'retry')).toEqual(refuse.retry)
  expect(
    refusalOf({ ...small, payload: { value: 'body', encoding: 'json', fixed: 'signed' } }, 'edit')?.reason,
  ).toBe('signed')
})

// Out of date? `npx vitest run --config .config/vitest.config.ts --project unit test/unit/mapping-schema.test.ts -u`
test('resources/mapping.schema.json says what the program checks', async () => {
  const json = await format(JSON.stringify(mappingJsonSchema()), { parser: 'json', printWidth: 110 })
  await expect(json).toMatchFileSnapshot('../../resources/mapping.schema.json')
})
