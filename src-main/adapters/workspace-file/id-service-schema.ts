import { z } from 'zod'
import { columnName } from '../mapping-schema/schema.ts'

const BITS_MAX = 62
const CLOCK_MS_MAX = 86_400_000
const CLOCK_MS_DEFAULT = 1_000
const STEP_MAX = 1_000_000_000

const column = columnName
  .describe("Column with the ids; absent: the message's place in its chain, or the key of a row.")
  .exactOptional()

const snowflake = z.strictObject({
  kind: z.literal('snowflake'),
  column,
  epochMs: z
    .int()
    .min(0)
    .describe("The moment from which its milliseconds count, since 1970: Twitter's is 1288834974657."),
  shift: z.int().min(1).max(BITS_MAX).default(22).describe('Bits below the time.'),
  worker: z
    .strictObject({ shift: z.int().min(0).max(BITS_MAX), bits: z.int().min(1).max(BITS_MAX) })
    .describe('Where among those bits the worker stands: { "shift": 12, "bits": 10 }. Absent: nobody says.')
    .exactOptional(),
  clockMsMax: z
    .int()
    .min(0)
    .max(CLOCK_MS_MAX)
    .default(CLOCK_MS_DEFAULT)
    .describe('Milliseconds by which the time in an id may be off.'),
})

const segment = z.strictObject({
  kind: z.literal('segment'),
  column,
  step: z.int().min(1).max(STEP_MAX).describe('Ids of one range.'),
  first: z.int().min(0).default(1).describe('First id of the first range.'),
})

export const idService = z
  .discriminatedUnion('kind', [snowflake, segment])
  .describe(
    'What made the ids of this outbox, where that is a service. Absent: nobody looks at them as such.',
  )
