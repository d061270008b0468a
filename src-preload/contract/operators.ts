import { z } from 'zod'
import { procedure, time } from './base.ts'
import { role } from './role.ts'

/** What people type in a form, and nothing that could pass for something else in a journal. */
export const operatorName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'letters, digits, dot, dash, underscore and @; at most 64')
export const TOKEN_DAYS_MAX = 366

/** What lets a person into the http host; never with its secret. */
export const operatorToken = z.object({
  token: z.string(),
  name: z.string(),
  role,
  createdAt: time,
  createdBy: z.string(),
  expiresAt: time,
  /** Null: nobody took it back. */
  revokedAt: time.nullable(),
})
export type OperatorToken = z.infer<typeof operatorToken>

export const operators = {
  /** The newest first, with those that are over. */
  list: procedure.input(z.strictObject({})).output(z.object({ operators: z.array(operatorToken) })),
  /** `secret` is told this once. */
  add: procedure
    .input(z.strictObject({ name: operatorName, role, days: z.number().int().min(1).max(TOKEN_DAYS_MAX) }))
    .output(z.object({ operator: operatorToken, secret: z.string() })),
  /** All tokens of a name, or one by its id. Their sessions end. */
  revoke: procedure
    .input(z.strictObject({ name: z.string().min(1).max(100) }))
    .output(z.object({ revoked: z.array(z.string()) })),
}
