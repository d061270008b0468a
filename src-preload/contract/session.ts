import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { environment, id, name, place, procedure, time } from './base.ts'
import { errorCode, errorData } from './errors.ts'
import { role } from './role.ts'

export const sessionInfo = z.object({
  version: z.string(),
  host: z.enum(['desktop', 'http', 'cli']),
  /** Who asks: the journal names them so. */
  operator: z.string(),
  role,
  /** Whether there is a session that can be ended. */
  canLogOut: z.boolean(),
  sandbox: z.boolean(),
  /** Whether a typed password outlives this process. */
  keepsPasswords: z.boolean(),
  /** Why the local store can only be looked at, so that nothing can be done; null: it can be written. */
  lookOnly: errorData.nullable(),
})
export type SessionInfo = z.infer<typeof sessionInfo>

export const connectionStatus = z.object({
  kind: z.enum(['source', 'broker']),
  name,
  environment: environment.nullable(),
  state: z.enum(['idle', 'connecting', 'connected', 'blocked', 'disconnected']),
  /** Why it is blocked or disconnected. */
  code: errorCode.nullable(),
  reason: z.string().nullable(),
  latencyMs: z.number().nullable(),
  /** Its database answers so many times slower than usual, and work in the background makes pauses. Absent: it does not. */
  slower: z.number().exactOptional(),
  at: time,
})
export type ConnectionStatus = z.infer<typeof connectionStatus>

/** Everything that the frame of the console shows. Whole each time; small. */
export const sessionStatus = z.object({
  now: time,
  connections: z.array(connectionStatus),
  unlocks: z.array(
    z.object({ source: place, unlockedUntil: time, by: z.string(), reason: z.string().nullable() }),
  ),
  jobs: z.array(
    z.object({
      job: id,
      source: place,
      state: z.enum(['running', 'paused', 'interrupted']),
      items: z.number(),
      ended: z.number(),
    }),
  ),
  /** Unknown outcomes that nobody has decided about, of all jobs. */
  unsettled: z.number().int().nonnegative(),
  /** Dead letters that the last looks found and nobody had dealt with; null: this process has not looked. */
  deadLetters: z.object({ count: z.number().int().nonnegative(), oldestLookAt: time }).nullable(),
  /** Firing alerts, and how many of them nobody has acknowledged. */
  alerts: z.object({ firing: z.number().int().nonnegative(), fresh: z.number().int().nonnegative() }),
  /** Grows whenever a job, a decision or a connection changed: pages ask again when it does. */
  revision: z.number().int(),
})
export type SessionStatus = z.infer<typeof sessionStatus>

export const session = {
  info: procedure.input(z.strictObject({})).output(sessionInfo),
  /** The status now, then on every change, at most twice a second, and every 15 s as a sign of life. */
  watch: procedure.input(z.strictObject({})).output(eventIterator(sessionStatus)),
}
