import { z } from 'zod'
import { environment, id, IDS_MAX, name, place, procedure, reason, time } from './base.ts'
import { errorCode } from './errors.ts'
import { planEvidence } from './evidence.ts'
import { destination, maskedContent, messageFilter, messageState } from './messages.ts'
import { EDITED_CHARS_MAX, FILE_LINE_CHARS_MAX, FILE_LINES_MAX } from './plan-pieces.ts'
import { textValue } from './words.ts'

/** Messages that one plan may hold. */
export const PLAN_ITEMS_MAX = 1_000_000
/** Left-out messages that a view names; `skippedByCode` counts them all. */
export const SKIPPED_SHOWN_MAX = 200
export const PATCH_CHARS_MAX = 1_000_000

export const planItem = z.object({
  seq: z.number().int(),
  id,
  version: z.string(),
  messageId: z.string(),
  state: messageState,
  attempts: z.number().int(),
  type: z.string().nullable(),
  chainKey: z.string().nullable(),
  /** Where it goes: the row's own destination, or the one that it is redirected to. */
  destination,
  /** Of the stored content: the guard against a row that changes. */
  payloadDigest: z.string(),
  createdAt: time,
  /** Another payload than the stored one is sent; `plans.diff` shows the difference. */
  edited: z.boolean(),
})
export type PlanItem = z.infer<typeof planItem>

export const planSkip = z.object({ id, messageId: z.string().nullable(), code: errorCode })
export const planWarning = z.discriminatedUnion('code', [
  /** Named for the first few chains only; `dryRun.orderBroken` counts the messages. */
  z.object({ code: z.literal('order-broken'), chainKey: z.string(), id, laterSentId: id }),
  z.object({ code: z.literal('exchange-missing'), exchange: z.string(), count: z.number().int() }),
  z.object({ code: z.literal('maybe-sent'), count: z.number().int() }),
  z.object({ code: z.literal('consumed-included'), count: z.number().int() }),
  z.object({ code: z.literal('evidence-unreachable'), count: z.number().int(), problem: z.string() }),
])
export type PlanWarning = z.infer<typeof planWarning>

/**
 * A JSON Patch (RFC 6902) as exact text, so that the values in it keep every digit: a number that JSON.parse would round
 * is as good in a patch as in a payload.
 */
const patch = z.string().min(2).max(PATCH_CHARS_MAX)

/** What is sent instead of the stored payload: a patch over every message, or the new text of one. */
export const planEdit = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('patch'), patch }),
  /** `id` is the one message of the selection; `payload` is the exact text to send. */
  z.strictObject({ kind: z.literal('payload'), id, payload: z.string().max(EDITED_CHARS_MAX) }),
])
export type PlanEdit = z.infer<typeof planEdit>

/** Another exchange or key for every message; what is absent stays the row's own. Not both absent. */
export const planRedirect = z
  .strictObject({
    exchange: z.string().max(255).exactOptional(),
    routingKey: z.string().max(255).exactOptional(),
  })
  .refine(({ exchange, routingKey }) => exchange !== undefined || routingKey !== undefined, {
    error: 'an exchange or a routing key',
  })
export type PlanRedirect = z.infer<typeof planRedirect>

export const ageBuckets = ['<1m', '<10m', '<1h', '<6h', '<1d', '<7d', 'older'] as const
export type AgeBucket = (typeof ageBuckets)[number]

const count = z.number().int().nonnegative()
/** The biggest groups, the biggest first, and how many messages are in the others. */
const groups = <Group extends z.ZodType>(group: Group) => z.object({ groups: z.array(group), others: count })

/** What the plan would do, counted while it was made. */
export const dryRun = z.object({
  byType: groups(z.object({ key: z.string().nullable(), count })),
  byDestination: groups(
    z.object({
      key: destination,
      count,
      /** False: the exchange does not exist (of the default exchange: the queue). Null: it could not be told. */
      exists: z.boolean().nullable(),
    }),
  ),
  /** By last error, with what differs from row to row taken out; null: no error is stored. */
  byCause: groups(z.object({ key: z.string().nullable(), count })),
  /** The youngest first. */
  byAge: z.array(z.object({ bucket: z.enum(ageBuckets), count })),
  byState: z.array(z.object({ state: messageState, count })),
  /** Seconds at full speed, by the last job of this source; null: nothing was measured yet. */
  estimateSec: z.number().nonnegative().nullable(),
  /** In flight when the plan was made: the relay may have published them already. */
  maybeSent: count,
  /** With evidence of consumption: left out, or sent again on purpose. Null: this source has no evidence. */
  probablyConsumed: count.nullable(),
  /** Messages with later ones of the same chain sent already. */
  orderBroken: count,
})
export type DryRun = z.infer<typeof dryRun>

/** Characters of an approval, as file or as text. */
export const APPROVAL_CHARS_MAX = 10_000
/** Why an approval that was handed in does not count. */
export const approvalProblem = z.enum([
  'unreadable',
  'another-plan',
  'approver-unknown',
  'signature-wrong',
  'same-person',
  'not-yet-valid',
  'valid-too-long',
  'expired',
])

/** What the policy of the environment asks for before this plan runs. */
export const planApproval = z.object({
  /** Why a second person is needed; null: the plan may run without one. */
  why: textValue.nullable(),
  /** Messages that one person may act on within an hour. */
  above: count,
  /** Who may approve, by their names in the workspace. */
  approvers: z.array(z.string()),
  /** The newest first; `problem` null: it counts. */
  given: z.array(
    z.object({
      approver: z.string(),
      approvedAt: time,
      validUntil: time,
      problem: approvalProblem.nullable(),
    }),
  ),
})
export type PlanApproval = z.infer<typeof planApproval>

/** What an operator reads before saying yes. */
export const planView = z.object({
  plan: id,
  digest: z.string(),
  source: place,
  environment,
  broker: name,
  createdAt: time,
  createdBy: z.string(),
  selection: z.string(),
  items: z.number().int().max(PLAN_ITEMS_MAX),
  oldestCreatedAt: time.nullable(),
  newestCreatedAt: time.nullable(),
  dryRun,
  /** Null in plans of before Redrive looked for it. */
  evidence: planEvidence.nullable(),
  /** As stored; the text of a one-message edit is in its item (`plans.diff`). */
  edit: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('patch'), patch }),
      z.object({ kind: z.literal('payload'), id }),
    ])
    .nullable(),
  redirect: planRedirect.nullable(),
  skippedCount: count,
  skippedByCode: z.array(z.object({ code: errorCode, count })),
  /** The first of them. */
  skipped: z.array(planSkip).max(SKIPPED_SHOWN_MAX),
  warnings: z.array(planWarning),
  /** Of a plan over dead letters; null: it resends rows. `redrive` is run as a job, `discard` is not undoable. */
  deadLetters: z
    .object({
      queue: z.string(),
      action: z.enum(['redrive', 'discard']),
      reason: z.string().nullable(),
      heldAfter: z.number().int().nullable(),
    })
    .nullable(),
  /** The first items, for the eye; `plans.items` has the rest. */
  sample: z.array(planItem),
  /** Job that ran this plan; null: not run. */
  job: id.nullable(),
  /** Null: the environment has no policy of a second person. */
  approval: planApproval.nullable(),
})
export type PlanView = z.infer<typeof planView>

/** How an item of a job can end without a confirm. `parked`: an earlier message of its chain was not confirmed. */
export const unconfirmedResult = z.enum(['returned', 'refused', 'unknown', 'skipped', 'parked'])
export type UnconfirmedResult = z.infer<typeof unconfirmedResult>

export const planSelection = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ids'), ids: z.array(id).min(1).max(IDS_MAX) }),
  z.strictObject({ kind: z.literal('filter'), filter: messageFilter }),
  /** What an earlier job did not get confirmed. `unknown` means those decided as not sent. */
  z.strictObject({
    kind: z.literal('job'),
    job: id,
    results: z.array(unconfirmedResult).min(1),
  }),
])
export type PlanSelection = z.infer<typeof planSelection>

/** One payload before and after the edit, exactly as text. */
export const planDiff = z.object({
  before: z.string(),
  after: z.string(),
  /** Exact source text of each value that differs; null: it was not there, or is there no more. */
  changes: z.array(
    z.object({ path: z.string(), before: z.string().nullable(), after: z.string().nullable() }),
  ),
  /** Changes that are not listed. */
  more: count,
  /** Headers that speak of the stored payload's bytes (a signature, a length): they go out as they are. */
  sealingHeaders: z.array(z.string()),
  /** Of both sides; what is masked differs where it is listed as a change. */
  masked: maskedContent,
})
export type PlanDiff = z.infer<typeof planDiff>

const fileLine = z.string().min(2).max(FILE_LINE_CHARS_MAX)
/** Names an import that is under way in this engine. */
const importToken = z.string().min(1).max(100)

export const plans = {
  /** Freezes and stores a plan. Touches nothing in the source. */
  resend: procedure
    .input(
      z.strictObject({
        source: name,
        selection: planSelection,
        edit: planEdit.nullable(),
        redirect: planRedirect.nullable(),
        /** Why messages that were consumed already are sent again. Absent: they are left out. */
        includeConsumed: reason.exactOptional(),
      }),
    )
    .output(planView),
  get: procedure.input(z.strictObject({ plan: id })).output(planView),
  items: procedure
    .input(
      z.strictObject({ plan: id, afterSeq: z.number().int(), limit: z.number().int().min(1).max(1_000) }),
    )
    .output(z.object({ items: z.array(planItem) })),
  /** The stored payload of one item beside the one that is sent. The row must still be as the plan saw it. */
  diff: procedure.input(z.strictObject({ plan: id, seq: z.number().int() })).output(planDiff),
  /**
   * The plan as the file that can be reviewed, handed over and run elsewhere: NDJSON, the header with the digest in
   * the first line, then one line an item. `header` is there where `afterSeq` is 0. Fewer lines than `limit` may come, where they are long;
   * `nextAfterSeq` null: that was all.
   */
  exportLines: procedure
    .input(
      z.strictObject({
        plan: id,
        afterSeq: z.number().int().nonnegative(),
        limit: z.number().int().min(1).max(FILE_LINES_MAX),
        /** Why the file may hold edited payloads that rules mask. Absent: such a file is refused. */
        unmask: reason.exactOptional(),
      }),
    )
    .output(
      z.object({
        header: z.string().nullable(),
        lines: z.array(z.string()),
        nextAfterSeq: z.number().int().nullable(),
      }),
    ),
  /** Begins to take a plan file in: its first line. An import that nobody goes on with is dropped. */
  importBegin: procedure
    .input(z.strictObject({ header: fileLine }))
    .output(z.object({ token: importToken, items: z.number().int().max(PLAN_ITEMS_MAX) })),
  /** The next lines, in the order of the file; fewer at a time where they are long: a call is one message of the line. */
  importItems: procedure
    .input(z.strictObject({ token: importToken, lines: z.array(fileLine).min(1).max(FILE_LINES_MAX) }))
    .output(z.object({ received: z.number().int() })),
  /** Checks count and digest, and only then keeps the plan. One that is already known is left as it is. */
  importEnd: procedure.input(z.strictObject({ token: importToken })).output(planView),
  /** Takes a second person's approval in, the text of its file. Throws `approval-invalid`; proves nothing by being taken. */
  approve: procedure
    .input(z.strictObject({ plan: id, approval: z.string().min(2).max(APPROVAL_CHARS_MAX) }))
    .output(planView),
}
