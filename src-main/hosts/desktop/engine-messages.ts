import './no-eval.ts'
import { z } from 'zod'
import { alertTrouble } from '../../../src-preload/contract/alerts.ts'
import { errorData } from '../../../src-preload/contract/errors.ts'

/** What the main process and the engine's process say to each other; `connect` carries the port of a page. */
export const startOptions = z.strictObject({
  version: z.string(),
  operator: z.string(),
  dataDir: z.string(),
  workspaceFile: z.string(),
  sandbox: z.boolean(),
  keepsPasswords: z.boolean(),
})
export type StartOptions = z.infer<typeof startOptions>

export const secretRequest = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('reveal'), name: z.string() }),
  z.strictObject({ action: z.literal('keep'), name: z.string(), value: z.string() }),
  z.strictObject({ action: z.literal('forget'), name: z.string() }),
])
export type SecretRequest = z.infer<typeof secretRequest>

export const toEngine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), options: startOptions }),
  z.strictObject({ type: z.literal('connect') }),
  z.strictObject({ type: z.literal('stop') }),
  /** A plan file of this machine, to be taken into the store for review. */
  z.strictObject({ type: z.literal('import-plan'), request: z.number(), path: z.string() }),
  z.strictObject({
    type: z.literal('secret'),
    request: z.number(),
    /** The password for `reveal`, null where there is none and for the others. */
    value: z.string().nullable(),
    error: errorData.nullable(),
  }),
])
export type ToEngine = z.infer<typeof toEngine>

/** One alert, as far as a notification tells it; nothing of a message is in it. */
const alertNotice = z.strictObject({
  rule: z.string(),
  kind: z.enum(['source', 'broker']),
  name: z.string(),
  measure: z.enum(['count', 'oldest', 'failure-rate', 'stopped', 'source-silent', 'broker-silent']),
  trouble: alertTrouble.nullable(),
  value: z.number().nullable(),
})
export type AlertNotice = z.infer<typeof alertNotice>

/** The plan's id, or why there is none. */
const importedPlan = z.union([
  z.strictObject({ plan: z.string(), error: z.null() }),
  z.strictObject({ plan: z.null(), error: errorData }),
])
export type ImportedPlan = z.infer<typeof importedPlan>

export const fromEngine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  /** It cannot start; trying again makes sense only after somebody has changed something. */
  z.strictObject({ type: z.literal('failed'), error: errorData }),
  z.strictObject({ type: z.literal('secret'), request: z.number(), ask: secretRequest }),
  /** How many fire, and those that began to, or are told again. */
  z.strictObject({ type: z.literal('alerts'), firing: z.number().int(), fresh: z.array(alertNotice) }),
  z.strictObject({ type: z.literal('plan-imported'), request: z.number(), imported: importedPlan }),
  z.strictObject({ type: z.literal('stopped') }),
])
export type FromEngine = z.infer<typeof fromEngine>
