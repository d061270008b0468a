import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DIFF_CHANGES_MAX, diffJson } from '../../src-main/domain/json-diff.ts'
import { readPatch } from '../../src-main/domain/json-patch.ts'
import { readJson } from '../../src-main/domain/json-text.ts'
import { editMessage, editedHeaders, sealingHeaders } from '../../src-main/domain/message-edit.ts'
import type { EditRequest } from '../../src-main/domain/message-edit.ts'
import { contentDigest } from '../../src-main/domain/plan.ts'

function nodeOf(text: string) {
  const reading = readJson(text)
  if (!reading.ok) throw new Error(reading.problem.code)
  return reading.document.root
}

const changes = (before: string, after: string) => diffJson(nodeOf(before), nodeOf(after)).changes

describe('the diff of two documents', () => {
  test.each([
    ['{"a":9007199254740992}', '{"a":9007199254740993}', [['/a', '9007199254740992', '9007199254740993']]],
    ['{"a":1.0}', '{"a":1}', [['/a', '1.0', '1']]],
    ['{"a":{"b":[1, 2]}}', '{"a":{"b":[1, 3]}}', [['/a/b/1', '2', '3']]],
    ['{"a":1,"b":2}', '{"b":2}', [['/a', '1', null]]],
    ['{"b":2}', '{"b":2,"a/~":{"x": 1}}', [['/a~1~0', null, '{"x": 1}']]],
    ['[1,2,3]', '[2,3]', [['/0', '1', null]]],
    ['[1,1]', '[1,1,1]', [['/2', null, '1']]],
    ['[1,3]', '[1,2,3]', [['/1', null, '2']]],
    ['[1,2,3,4]', '[1,9,8,7,4]', [['/1', '2', '9'], ['/2', '3', '8'], ['/3', null, '7']]], // prettier-ignore
    ['[1]', '{"a":1}', [['', '[1]', '{"a":1}']]],
    ['"a"', '1', [['', '"a"', '1']]],
    ['[{}]', '[[]]', [['/0', '{}', '[]']]],
  ])('%s and %s', (before, after, expected) => {
    expect(changes(before, after).map((change) => [change.path, change.before, change.after])).toEqual(
      expected,
    )
  })

  test.each([
    ['{"a":1,"b":[1,{"c":2}]}', '{ "b" : [ 1, { "c" : 2 } ],\n "a" : 1 }'],
    ['"\\u00e9"', '"é"'],
    ['[]', '[ ]'],
  ])('%s and %s say the same', (before, after) => {
    expect(changes(before, after)).toEqual([])
  })

  test('is empty exactly for equal values', () => {
    const value = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(value, value, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
        expect(changes(JSON.stringify(a), JSON.stringify(b, null, 2)).length === 0).toBe(same)
        expect(changes(JSON.stringify(a), JSON.stringify(a, null, 2))).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  test('lists no more than the limit and counts the rest', () => {
    const numbers = (from: number): string => JSON.stringify(Array.from({ length: 300 }, (_, i) => from + i))
    const { changes: listed, more } = diffJson(nodeOf(numbers(0)), nodeOf(numbers(1_000)))
    expect([listed.length, more]).toEqual([DIFF_CHANGES_MAX, 300 - DIFF_CHANGES_MAX])
  })

  test('deeply nested arrays that differ at the bottom take no time', () => {
    const nested = (leaf: string): string => '['.repeat(400) + leaf + ']'.repeat(400)
    expect(changes(nested('1'), nested('2'))).toMatchObject([{ before: '1', after: '2' }])
  })
})

/** Members by name, so that texts can be compared. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) => [name, sorted(inner)] as const)
  return { members: entries.sort(([a], [b]) => (a < b ? -1 : 1)) }
}

function patch(text: string): EditRequest {
  const reading = readPatch(text)
  if (!reading.ok) throw new Error(reading.problem.code)
  return { kind: 'patch', patch: reading.patch }
}

const headers = '{"tenant":"a","x-signature":"abc"}'
const stored = { payload: '{"order": 9007199254740993, "status":"open"}', headers }
const paid = patch('[{"op":"replace","path":"/status","value":"paid"}]')

describe('a new version of a message', () => {
  test('has its parent, its digest, its diff, and leaves the original and the headers alone', () => {
    const before = structuredClone(stored)
    expect(editMessage(stored, paid)).toEqual({
      ok: true,
      version: {
        payload: '{"order": 9007199254740993, "status":"paid"}',
        parentDigest: contentDigest(stored),
        digest: contentDigest({ payload: '{"order": 9007199254740993, "status":"paid"}', headers }),
        diff: { changes: [{ path: '/status', before: '"open"', after: '"paid"' }], more: 0 },
      },
    })
    expect(stored).toEqual(before)
  })

  test('a payload typed as a whole is taken to the byte', () => {
    const payload = '{"order": 9007199254740994,\n"status":"open"}\n'
    expect(editMessage(stored, { kind: 'payload', payload })).toMatchObject({
      ok: true,
      version: { payload, diff: { changes: [{ path: '/order', before: '9007199254740993' }] } },
    })
  })

  test('a payload that was broken is repaired as a whole, never patched', () => {
    const broken = { payload: '{"a":1,"a":2}', headers: null }
    expect(editMessage(broken, { kind: 'payload', payload: '{"a":2}' })).toMatchObject({
      ok: true,
      version: { diff: { changes: [{ path: '', before: '{"a":1,"a":2}', after: '{"a":2}' }] } },
    })
    expect(editMessage(broken, paid)).toEqual({
      ok: false,
      problems: [{ from: 'stored', problem: { code: 'duplicate-key', key: 'a', at: 7 } }],
    })
  })

  test.each<[string, EditRequest, object]>([
    ['a patch that changes nothing', patch('[{"op":"replace","path":"/status","value":"open"}]'), { from: 'diff', problem: { code: 'no-change' } }], // prettier-ignore
    ['a test alone', patch('[{"op":"test","path":"/status","value":"open"}]'), { from: 'diff' }],
    ['white space alone', { kind: 'payload', payload: `${stored.payload} ` }, { from: 'diff' }],
    ['text that is not JSON', { kind: 'payload', payload: '{' }, { from: 'edited', problem: { code: 'not-json' } }], // prettier-ignore
    ['half a character', { kind: 'payload', payload: '"\udc00"' }, { from: 'edited', problem: { code: 'not-unicode' } }], // prettier-ignore
    ['a path that is not there', patch('[{"op":"remove","path":"/x"}]'), { from: 'patch', problem: { code: 'path-missing' } }], // prettier-ignore
  ])('%s is no version', (_, request, problem) => {
    expect(editMessage(stored, request)).toMatchObject({ ok: false, problems: [problem] })
  })

  test('says in its header which content it was made from', () => {
    expect(editedHeaders(contentDigest(stored))).toEqual({
      'x-redrive-edited': contentDigest(stored).slice(0, 16),
    })
  })
})

describe('headers that seal a payload', () => {
  test.each([
    'Content-MD5', 'content-length', 'Digest', 'Content-Digest', 'repr-digest', 'signature', 'X-Signature',
    'x-hub-signature-256', 'payload_sha256', 'x-hmac', 'checksum', 'crc32c', 'x-amz-checksum-crc32',
  ])('%s', (name) => expect(sealingHeaders(JSON.stringify({ a: 1, [name]: 'x' }))).toEqual([name])) // prettier-ignore

  test.each(['traceparent', 'content-type', 'x-designature', 'tenant', 'signed-by', 'x-md5sum-of-nothing'])(
    '%s is none',
    (name) => expect(sealingHeaders(JSON.stringify({ [name]: 'x' }))).toEqual([]),
  )

  test('no headers, or none that can be read, seal nothing', () => {
    expect([sealingHeaders(null), sealingHeaders('null'), sealingHeaders('{')]).toEqual([[], [], []])
  })
})
