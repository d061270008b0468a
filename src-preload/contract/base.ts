import { oc } from '@orpc/contract'
import { z } from 'zod'
import { contractErrors } from './errors.ts'
import { environments, ID_CHARS_MAX, NAME } from './terms.ts'

/** Every procedure of the contract starts here, so that each may throw the one typed error. */
export const procedure = oc.errors(contractErrors)

/** Row and object ids are text, always: a bigint does not survive a JSON number. */
export const id = z.string().min(1).max(ID_CHARS_MAX)
export const name = z.string().regex(NAME, 'letters, digits, dash and underscore; at most 64')
/** Where a job's messages are: a source, or a queue of dead letters as `broker/queue`. */
export const place = z
  .string()
  .max(320)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(\/.+)?$/s, 'a source, or broker/queue')
/** ISO-8601 in UTC. */
export const time = z.string()
export const environment = z.enum(environments)
export type Environment = z.infer<typeof environment>

/** Ids that one call may name. */
export const IDS_MAX = 10_000
export const REASON_CHARS_MAX = 500
export const reason = z.string().trim().min(1).max(REASON_CHARS_MAX)
