import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { operationOf, signApproval } from '../../src-main/domain/approval.ts'
import { publicKeyText } from '../../src-main/domain/ed25519.ts'
import type { Approval, ApprovalStatement } from '../../src-main/domain/approval.ts'
import type { Plan } from '../../src-main/domain/plan.ts'
import type { ApprovalPolicy } from '../../src-main/domain/policy.ts'

const HOUR_MS = 3_600_000

export interface TestApprover {
  readonly name: string
  readonly privateKey: KeyObject
  readonly publicKey: string
}

export function testApprover(name: string): TestApprover {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { name, privateKey, publicKey: publicKeyText(publicKey) }
}

export function policyOf(above: number, ...approvers: readonly TestApprover[]): ApprovalPolicy {
  const known = approvers.map(({ name, publicKey }) => [name, { publicKey }] as const)
  return { above, approvers: Object.fromEntries(known) }
}

/** Signed an instant ago, good for an hour; `but`: says something else of the plan. */
export function approvalOf(
  plan: Plan,
  { name, privateKey }: Pick<TestApprover, 'name' | 'privateKey'>,
  but: Partial<ApprovalStatement> = {},
): Approval {
  const nowMs = Date.now()
  const statement: ApprovalStatement = {
    plan: plan.plan,
    digest: plan.digest,
    source: plan.source,
    items: plan.items,
    operation: operationOf(plan),
    requester: plan.createdBy,
    approver: name,
    approvedAt: new Date(nowMs).toISOString(),
    validUntil: new Date(nowMs + HOUR_MS).toISOString(),
    ...but,
  }
  return signApproval(statement, privateKey)
}
