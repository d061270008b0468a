import { z } from 'zod'
import { destination, messageState } from '../../src-preload/contract/messages.ts'
import { RedriveError } from '../domain/errors.ts'
import { planFormat } from '../domain/plan.ts'
import type { Plan, PlanItem } from '../domain/plan.ts'

/** Strict: an unknown key means that somebody edited the file, and the digest covers only what is known. */
const item = z.strictObject({
  seq: z.number().int().positive(),
  id: z.string().min(1),
  version: z.string(),
  messageId: z.string(),
  state: messageState,
  attempts: z.number().int(),
  type: z.string().nullable(),
  chainKey: z.string().nullable(),
  destination: z.strictObject(destination.shape),
  payloadDigest: z.string(),
  payload: z.string().nullable(),
  createdAt: z.string(),
})

const hex = z.string().regex(/^[0-9a-f]{64}$/)
/** The rest is text for readers: its digest says whether it is what was written. */
const header = z.looseObject({
  format: z.literal(planFormat),
  plan: z.string().min(1),
  source: z.string().min(1),
  broker: z.string().min(1),
  mappingDigest: z.string(),
  items: z.number().int().positive(),
  itemsDigest: hex,
  digest: hex,
})

export function headerLine(plan: Plan): string {
  return JSON.stringify(plan)
}

export function itemFileLine(item: PlanItem): string {
  return JSON.stringify(item)
}

/** Throws `plan-invalid`. Whether the plan was edited is said by its digest. */
export function readHeaderLine(line: string): Plan {
  return read(header, line, 1) as unknown as Plan
}

/** `number` of the line in the file, for the reader of the error. Throws `plan-invalid`. */
export function readItemLine(line: string, number: number): PlanItem {
  return read(item, line, number)
}

function read<T>(schema: z.ZodType<T>, line: string, number: number): T {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw invalid(number, 'it is not JSON', cause)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const at = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw invalid(number, `${issue?.message ?? 'it has another form'}${at}`, parsed.error)
}

function invalid(number: number, problem: string, cause: unknown): RedriveError {
  return new RedriveError('plan-invalid', 'never', { reason: `line ${number}: ${problem}` }, { cause })
}
