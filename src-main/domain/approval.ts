import { canonical, sha256 } from './digest.ts'
import { isSignedBy, signText } from './ed25519.ts'
import type { PrivateKey } from './ed25519.ts'
import type { Plan } from './plan.ts'
import { APPROVAL_HOURS_MAX_DEFAULT, isPerson } from './policy.ts'
import type { ApprovalPolicy } from './policy.ts'

export const approvalFormat = 'redrive-approval/1'
/** An approval is a few hundred characters; more is something else. */
export const APPROVAL_CHARS_MAX = 10_000
/** Clocks of two machines may differ by so much. */
const CLOCK_SKEW_MS = 5 * 60_000
const HOUR_MS = 3_600_000

export type PlanOperation = 'resend' | 'redrive' | 'discard'

/** What an approver puts the signature under. */
export interface ApprovalStatement {
  readonly plan: string
  /** Covers every item of the plan and everything that its header says. */
  readonly digest: string
  readonly source: string
  readonly items: number
  readonly operation: PlanOperation
  /** Who made the plan. */
  readonly requester: string
  readonly approver: string
  readonly approvedAt: string
  readonly validUntil: string
}

/** A second yes, as it travels: by hand as a file, or through a store that several share. */
export interface Approval {
  readonly format: typeof approvalFormat
  readonly statement: ApprovalStatement
  /** Ed25519, base64. */
  readonly signature: string
}

/** Why an approval does not count. */
export const approvalProblems = [
  'unreadable',
  'another-plan',
  'approver-unknown',
  'signature-wrong',
  'same-person',
  'not-yet-valid',
  'valid-too-long',
  'expired',
] as const
export type ApprovalProblem = (typeof approvalProblems)[number]

export function operationOf({ deadLetters }: Pick<Plan, 'deadLetters'>): PlanOperation {
  return deadLetters === undefined ? 'resend' : deadLetters.action
}

export function signApproval(statement: ApprovalStatement, privateKey: PrivateKey): Approval {
  return { format: approvalFormat, statement, signature: signText(signedText(statement), privateKey) }
}

/** Null: it is none. What it says is nowhere near proved by that. */
export function readApproval(text: string): Approval | null {
  if (text.length > APPROVAL_CHARS_MAX) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || value['format'] !== approvalFormat || typeof value['signature'] !== 'string')
    return null
  const statement = value['statement']
  return isStatement(statement) ? { format: approvalFormat, statement, signature: value['signature'] } : null
}

/** Names an approval in the journal: the same text, the same name. */
export function approvalId({ statement, signature }: Approval): string {
  return sha256(`${signedText(statement)}\n${signature}`)
}

export interface ApprovalCase {
  readonly plan: Plan
  /** From the workspace, never from where the approval came. */
  readonly policy: ApprovalPolicy
  /** Everybody who had a hand in it: whoever made the plan, began the job, and runs it now. */
  readonly actors: readonly string[]
  readonly now: Date
}

/** Null: this approval is a second person's, for exactly this plan, and still good. */
export function approvalProblem(
  approval: Approval,
  { plan, policy, actors, now }: ApprovalCase,
): ApprovalProblem | null {
  const { statement, signature } = approval
  if (!isAbout(statement, plan)) return 'another-plan'
  const approver = Object.hasOwn(policy.approvers, statement.approver)
    ? policy.approvers[statement.approver]
    : undefined
  if (approver === undefined) return 'approver-unknown'
  if (!isSignedBy(approver.publicKey, signedText(statement), signature)) return 'signature-wrong'
  if (actors.some((actor) => isPerson(statement.approver, approver, actor))) return 'same-person'
  return timeProblem(statement, policy.hoursMax ?? APPROVAL_HOURS_MAX_DEFAULT, now.getTime())
}

function isAbout(statement: ApprovalStatement, plan: Plan): boolean {
  return (
    statement.plan === plan.plan &&
    statement.digest === plan.digest &&
    statement.source === plan.source &&
    statement.items === plan.items &&
    statement.requester === plan.createdBy &&
    statement.operation === operationOf(plan)
  )
}

function timeProblem(
  { approvedAt, validUntil }: ApprovalStatement,
  hoursMax: number,
  nowMs: number,
): ApprovalProblem | null {
  const [fromMs, untilMs] = [Date.parse(approvedAt), Date.parse(validUntil)]
  if (Number.isNaN(fromMs) || Number.isNaN(untilMs)) return 'unreadable'
  if (untilMs - fromMs > hoursMax * HOUR_MS) return 'valid-too-long'
  if (fromMs > nowMs + CLOCK_SKEW_MS) return 'not-yet-valid'
  return nowMs >= untilMs ? 'expired' : null
}

function signedText(statement: ApprovalStatement): string {
  return `${approvalFormat}
${canonical({ ...statement })}`
}

const texts = [
  ...['plan', 'digest', 'source', 'operation', 'requester', 'approver', 'approvedAt', 'validUntil'],
] as const

/** Strict: a member that nobody knows would be signed and not read. */
function isStatement(value: unknown): value is ApprovalStatement {
  if (!isRecord(value) || Object.keys(value).length !== texts.length + 1) return false
  return texts.every((name) => typeof value[name] === 'string') && Number.isSafeInteger(value['items'])
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
