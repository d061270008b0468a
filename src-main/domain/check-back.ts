import type { CallFailureKind, ServiceCall } from './service-call.ts'

/** What the producer of a half message says, as the source's rules read it. */
export const checkAnswers = ['commit', 'rollback', 'unknown'] as const
export type CheckAnswer = (typeof checkAnswers)[number]

/** The first rule that fits says what an answer means; what no rule names is unknown. */
export interface AnswerRule {
  /** Of HTTP, one or from–to. Absent: any from 200 to 299. */
  readonly status?: number | readonly [number, number]
  /** JSON pointer (RFC 6901) into the body; with it `equals` or `in`. */
  readonly at?: string
  readonly equals?: string | number | boolean | null
  readonly in?: readonly (string | number | boolean | null)[]
  readonly means: CheckAnswer
}

/** How the producer of a source's half messages is asked. Written in the workspace file. */
export interface CheckBackConfig {
  /** Runs by itself, on schedule. A person can run it once either way. */
  readonly enabled: boolean
  readonly everySec: number
  readonly call: ServiceCall
  readonly answers: readonly AnswerRule[]
  /** Younger half messages are left to their producer. */
  readonly firstAgeSec: number
  /** Seconds between two checks of one message. */
  readonly againSec: number
  /** After so many checks without a decision a message is parked for a person. */
  readonly checksMax: number
  /** More tries within one check, where no answer came or none that says anything. */
  readonly retries: number
  /** Milliseconds before the first of them; each further one waits twice as long. */
  readonly retryDelayMs: number
  /** Calls at a time. */
  readonly concurrency: number
  /** Calls a second; null: no limit. */
  readonly rate: number | null
}

export const checkBackLimits = {
  everySec: { min: 5, max: 86_400 },
  firstAgeSec: { min: 0, max: 2_592_000 },
  againSec: { min: 0, max: 2_592_000 },
  checksMax: { min: 1, max: 1_000 },
  retries: { min: 0, max: 5 },
  retryDelayMs: { min: 0, max: 10_000 },
  concurrency: { min: 1, max: 64 },
  rate: { min: 1, max: 10_000 },
  answers: 50,
} as const

export const checkBackDefaults = {
  enabled: false,
  everySec: 60,
  firstAgeSec: 60,
  againSec: 60,
  checksMax: 15,
  retries: 2,
  retryDelayMs: 200,
  concurrency: 8,
  rate: 50,
} as const

const OK = [200, 299] as const
const POINTER = /^(\/([^~/]|~[01])*)*$/
/** Parts of a pointer. */
const POINTER_DEPTH_MAX = 50

/**
 * What is wrong with a rule, or null. An address that leads nowhere answers 404, a gateway 502, a login page 302: none of
 * them may decide about a message unless the body says that the producer itself has answered.
 */
export function answerRuleProblem(rule: AnswerRule): string | null {
  const [from, to] = rangeOf(rule.status)
  if (from > to) return 'the range of statuses is empty'
  const body = bodyRuleProblem(rule)
  if (body !== null || rule.means === 'unknown' || rule.at !== undefined) return body
  if (from >= OK[0] && to <= OK[1]) return null
  return 'a status beside 200 to 299 decides only together with a value of the body ("at"): a wrong url answers so too'
}

function bodyRuleProblem({ at, equals, in: among }: AnswerRule): string | null {
  const compares = equals !== undefined || among !== undefined
  if (at === undefined) return compares ? '"equals" and "in" need "at": which value of the body' : null
  if (!compares) return '"at" needs "equals" or "in"'
  if (equals !== undefined && among !== undefined) return 'either "equals" or "in"'
  if (!POINTER.test(at)) return '"at" is a JSON pointer: /state'
  return at.split('/').length > POINTER_DEPTH_MAX ? '"at" is too deep' : null
}

/** What an answer means by the rules. */
export function readAnswer(
  answer: { readonly status: number; readonly body: string },
  rules: readonly AnswerRule[],
): CheckAnswer {
  const json = parsed(answer.body)
  return rules.find((rule) => fits(rule, answer.status, json))?.means ?? 'unknown'
}

function fits({ status, at, equals, in: among }: AnswerRule, found: number, json: unknown): boolean {
  const [from, to] = rangeOf(status)
  if (found < from || found > to) return false
  if (at === undefined) return true
  const value = valueAt(json, at)
  return (among ?? [equals]).some((one) => one === value)
}

function rangeOf(status: AnswerRule['status']): readonly [number, number] {
  if (status === undefined) return OK
  return typeof status === 'number' ? [status, status] : status
}

/** Undefined: the body is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

/** Undefined: there is nothing at the place. */
function valueAt(json: unknown, pointer: string): unknown {
  const names = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  let value = json
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[name]
  }
  return value
}

/** What one check came to. */
export interface CheckRecord {
  readonly at: string
  readonly means: CheckAnswer
  /** Of HTTP; null: there was no answer. */
  readonly status: number | null
  /** Why there was none; `unfillable`: the message lacks a value that the URL needs. */
  readonly failure: CallFailureKind | 'unfillable' | null
  readonly reason: string | null
  /** Of the body as it was read; null: no answer. */
  readonly digest: string | null
  /** Calls that it took. */
  readonly tries: number
}

/**
 * What Redrive knows of a half message that it asks about.
 *
 *   undecided ──▶ deciding ──▶ (forgotten: the row is decided)
 *      ▲  │           └──────▶ undecided   the row had changed meanwhile, or the process died before the update
 *      │  ▼
 *     parked  checks used up: waits for a person
 */
export const halfStates = ['undecided', 'deciding', 'parked'] as const
export type HalfState = (typeof halfStates)[number]

export interface HalfStanding {
  readonly id: string
  readonly messageId: string
  readonly state: HalfState
  /** Begun ones: a crash counts as one. */
  readonly checks: number
  readonly askedAt: string
  /** Null: asked, and nothing is known of the answer. */
  readonly last: CheckRecord | null
}

/** What one run did. Every message that was asked about is in exactly one of committed, rolledBack, unknown, parked, left. */
export interface CheckOutcome {
  readonly asked: number
  readonly committed: number
  readonly rolledBack: number
  /** No decision yet, and not parked. */
  readonly unknown: number
  readonly parked: number
  /** Decided, but the row had changed meanwhile: left alone. */
  readonly left: number
  /** Decided, and nobody knows whether the row was written: looked at again by the next run. */
  readonly unsettled: number
  /** Calls without an answer. */
  readonly failedCalls: number
}

export const noChecks: CheckOutcome = {
  ...{ asked: 0, committed: 0, rolledBack: 0, unknown: 0, parked: 0, left: 0, unsettled: 0, failedCalls: 0 },
}
