import { describe, expect, test } from 'vitest'
import { checkBack } from '../../src-main/adapters/workspace-file/check-back-schema.ts'
import { answerRuleProblem, readAnswer } from '../../src-main/domain/check-back.ts'
import type { AnswerRule } from '../../src-main/domain/check-back.ts'

const rules: readonly AnswerRule[] = [
  { at: '/order/state', equals: 'PAID', means: 'commit' },
  { at: '/order/state', in: ['CANCELLED', 'FAILED'], means: 'rollback' },
  { status: 404, at: '/code', equals: 'ORDER_UNKNOWN', means: 'rollback' },
  { status: 204, means: 'commit' },
]
const read = (status: number, body: unknown) =>
  readAnswer({ status, body: typeof body === 'string' ? body : JSON.stringify(body) }, rules)

describe('an answer', () => {
  test('means what the first rule that fits says', () => {
    expect(read(200, { order: { state: 'PAID' } })).toBe('commit')
    expect(read(299, { order: { state: 'FAILED' } })).toBe('rollback')
    expect(read(404, { code: 'ORDER_UNKNOWN' })).toBe('rollback')
    expect(read(204, '')).toBe('commit')
  })

  test.each([
    ['a state that no rule names', 200, { order: { state: 'OPEN' } }],
    ['another type of the same letters', 200, { order: { state: ['PAID'] } }],
    ['no state at all', 200, {}],
    ['no JSON', 200, 'PAID'],
    ['a number', 200, '7'],
    ['a page that says 404', 404, '<h1>Not Found</h1>'],
    ['a 404 of somebody else', 404, { error: 'no route' }],
    ['a redirect', 302, { order: { state: 'PAID' } }],
    ['a gateway that repeats the state', 502, { order: { state: 'FAILED' } }],
  ])('%s is unknown', (_, status, body) => {
    expect(read(status, body)).toBe('unknown')
  })

  test('is read from own members only', () => {
    const rule: AnswerRule = { at: '/constructor/name', equals: 'Object', means: 'rollback' }
    expect(readAnswer({ status: 200, body: '{}' }, [rule])).toBe('unknown')
    const escaped: AnswerRule = { at: '/a~1b/0', equals: null, means: 'commit' }
    expect(readAnswer({ status: 200, body: '{"a/b":[null]}' }, [escaped])).toBe('commit')
    expect(readAnswer({ status: 200, body: '{"a/b":[]}' }, [escaped])).toBe('unknown')
  })
})

describe('a rule', () => {
  test.each([
    { status: 404, means: 'rollback' },
    { status: [200, 404], means: 'rollback' },
    { status: [300, 399], means: 'commit' },
    { status: 500, means: 'rollback' },
  ] satisfies AnswerRule[])('$status decides nothing without a value of the body', (rule) => {
    expect(answerRuleProblem(rule)).toContain('only together with a value of the body')
    expect(answerRuleProblem({ ...rule, means: 'unknown' })).toBeNull()
    expect(answerRuleProblem({ ...rule, at: '/state', equals: 'gone' })).toBeNull()
  })

  test.each([
    [{ at: '/state', means: 'commit' }, '"at" needs'],
    [{ equals: 'x', means: 'commit' }, 'need "at"'],
    [{ at: 'state', equals: 'x', means: 'commit' }, 'JSON pointer'],
    [{ at: '/s', equals: 'x', in: ['y'], means: 'commit' }, 'either'],
    [{ status: [300, 200], means: 'unknown' }, 'empty'],
  ] satisfies [AnswerRule, string][])('%o is refused', (rule, says) => {
    expect(answerRuleProblem(rule)).toContain(says)
  })
})

test('the workspace file needs a call and one rule; the rest has its defaults', () => {
  const least = { call: { url: 'https://a.test/{messageId}/{checks}' }, answers: [{ means: 'commit' }] }
  expect(checkBack.parse(least)).toMatchObject({ enabled: false, checksMax: 15, everySec: 60, retries: 2 })
  expect(checkBack.safeParse({ ...least, answers: [] }).success).toBe(false)
  const risky = checkBack.safeParse({ ...least, answers: [{ status: 404, means: 'rollback' }] })
  expect(risky.error?.issues[0]?.path).toEqual(['answers', 0])
})
