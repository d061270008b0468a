import { z } from 'zod'
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
  z.strictObject({
    type: z.literal('secret'),
    request: z.number(),
    /** The password for `reveal`, null where there is none and for the others. */
    value: z.string().nullable(),
    error: errorData.nullable(),
  }),
])
export type ToEngine = z.infer<typeof toEngine>

export const fromEngine = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  /** It cannot start; trying again makes sense only after somebody has changed something. */
  z.strictObject({ type: z.literal('failed'), error: errorData }),
  z.strictObject({ type: z.literal('secret'), request: z.number(), ask: secretRequest }),
  z.strictObject({ type: z.literal('stopped') }),
])
export type FromEngine = z.infer<typeof fromEngine>
