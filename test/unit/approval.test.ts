import { expect, test } from 'vitest'
import { approvalProblem, readApproval } from '../../src-main/domain/approval.ts'
import { publicKeyOf } from '../../src-main/domain/ed25519.ts'
import type { Approval, ApprovalCase } from '../../src-main/domain/approval.ts'
import { approvalOf, policyOf, testApprover } from '../support/approvers.ts'
import { planOf } from '../support/store-samples.ts'

const mei = testApprover('mei')
const other = testApprover('other')
const { plan } = planOf('plan-one', 3)
const HOUR_MS = 3_600_000

function judged(approval: Approval, but: Partial<ApprovalCase> = {}) {
  const policy = policyOf(1, mei)
  return approvalProblem(approval, { plan, policy, actors: ['ann'], now: new Date(), ...but })
}

test('an approval counts for the plan that it was signed over, and through a file', () => {
  const approval = approvalOf(plan, mei)
  expect(judged(approval)).toBeNull()
  const read = readApproval(JSON.stringify(approval, null, 2))
  expect(read).not.toBeNull()
  expect(judged(read!)).toBeNull()
})

test('an approval of another plan, of more items, of another operation or requester does not count', () => {
  const { plan: another } = planOf('plan-two', 3)
  expect(judged(approvalOf(another, mei))).toBe('another-plan')
  for (const but of [
    { digest: '0'.repeat(64) },
    { items: 4 },
    { source: 'others' },
    { operation: 'discard' as const },
    { requester: 'ben' },
  ]) {
    expect(judged(approvalOf(plan, mei, but))).toBe('another-plan')
  }
})

test('a signature by another key, or over anything else, does not count', () => {
  expect(judged(approvalOf(plan, { ...other, name: 'mei' }))).toBe('signature-wrong')
  expect(judged(approvalOf(plan, other))).toBe('approver-unknown')
  const approval = approvalOf(plan, mei)
  const later = { ...approval.statement, validUntil: new Date(Date.now() + 2 * HOUR_MS).toISOString() }
  expect(judged({ ...approval, statement: later })).toBe('signature-wrong')
  expect(judged({ ...approval, signature: '' })).toBe('signature-wrong')
  // Names of every object are no approvers.
  expect(judged(approvalOf(plan, { ...mei, name: 'constructor' }))).toBe('approver-unknown')
})

test('whoever made the plan or runs it is no second person, under any of their names', () => {
  const approval = approvalOf(plan, mei)
  expect(judged(approval, { actors: ['ann', 'mei'] })).toBe('same-person')
  expect(judged(approval, { actors: [' MEI '] })).toBe('same-person')
  const policy = { above: 1, approvers: { mei: { publicKey: mei.publicKey, operators: ['mchen'] } } }
  expect(judged(approval, { actors: ['MChen'], policy })).toBe('same-person')
  expect(judged(approval, { actors: ['ann'], policy })).toBeNull()
})

test('an approval has its time', () => {
  const at = (hours: number): Date => new Date(Date.now() + hours * HOUR_MS)
  expect(judged(approvalOf(plan, mei), { now: at(1) })).toBe('expired')
  expect(judged(approvalOf(plan, mei), { now: at(-1) })).toBe('not-yet-valid')
  expect(judged(approvalOf(plan, mei, { validUntil: at(25).toISOString() }))).toBe('valid-too-long')
  expect(judged(approvalOf(plan, mei, { validUntil: 'for ever' }))).toBe('unreadable')
})

test('what is no approval is not read as one', () => {
  const approval = approvalOf(plan, mei)
  for (const text of [
    '',
    'null',
    '[]',
    JSON.stringify({ ...approval, format: 'redrive-approval/2' }),
    JSON.stringify({ ...approval, statement: { ...approval.statement, more: true } }),
    JSON.stringify({ ...approval, statement: { ...approval.statement, items: '3' } }),
    JSON.stringify({ ...approval, padding: 'x'.repeat(10_000) }),
  ]) {
    expect(readApproval(text), text.slice(0, 40)).toBeNull()
  }
})

test('only 32 bytes in plain base64 are a public key', () => {
  expect(publicKeyOf(mei.publicKey)).not.toBeNull()
  expect(publicKeyOf(mei.publicKey.slice('ed25519:'.length))).toBeNull()
  expect(publicKeyOf('ed25519:AAAA')).toBeNull()
  expect(publicKeyOf(`${mei.publicKey} `)).toBeNull()
})
