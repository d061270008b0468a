import { z } from 'zod'
import type { ColumnForms } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../domain/mapping/values.ts'
import { columnForms, columnName, predicate } from '../mapping-schema/schema.ts'
import { secretRef, tls } from './access-schema.ts'
import { idPlace } from './id-place-schema.ts'
import { sourceUrlProblem } from './urls.ts'

const text = z.string().min(1)

/** Part of the mapping's language: checked by its schema, and described by it where the workspace is written. */
function partOf<Part>(schema: z.ZodType, place: string) {
  return z
    .unknown()
    .superRefine((value, context) => {
      const [issue] = schema.safeParse(value).error?.issues ?? []
      if (issue !== undefined) context.addIssue({ code: 'custom', message: issue.message })
    })
    .transform((value) => value as Part)
    .meta({ $ref: `mapping.schema.json#/${place}` })
}

const condition = partOf<MappingPredicate>(predicate, '$defs/condition')

const positions = z
  .strictObject({
    table: text,
    chain: columnName.describe('Column with the key of the chain.'),
    position: columnName.describe('Column with the id of the last message that took effect.'),
  })
  .describe("The receiver's position in each chain, in the same database.")

/** A table in which the receiver writes down what it has consumed. */
export const tableEvidence = z
  .strictObject({
    source: text
      .describe('The source whose database holds the table; neither this nor url: the same.')
      .exactOptional(),
    url: text
      .describe(
        'postgres:// or mysql://user@host:port/database, without a password; sqlite:///path.db, redis://….',
      )
      .superRefine((url, context) => {
        const problem = sourceUrlProblem(null, url)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      })
      .exactOptional(),
    password: secretRef.exactOptional(),
    tls: tls.exactOptional(),
    table: text.describe(
      'Inbox or dedupe table with its schema: public.inbox. On Redis the key: dedupe:{messageId}.',
    ),
    messageId: columnName
      .default('message_id')
      .describe('Column with the message id as it was sent; not read on Redis.'),
    processedAt: columnName.describe('Column with the time of consumption.').exactOptional(),
    scope: condition.exactOptional(),
    processed: condition.exactOptional(),
    columns: partOf<ColumnForms>(columnForms, 'properties/columns').exactOptional(),
    retentionSec: z
      .int()
      .min(1)
      .nullable()
      .describe('Seconds for which a row is kept; null: nothing removes it.'),
    positions: positions.exactOptional(),
  })
  .refine(({ source, url }) => source === undefined || url === undefined, {
    error: 'either the source whose database it is in, or its url',
  })
  .refine(({ url, password, tls: secured }) => url !== undefined || (password ?? secured) === undefined, {
    error: 'password and tls belong to a url of its own',
  })
  .describe('A table in which the receiver writes down what it has consumed.')

const logEvidence = z
  .strictObject({
    broker: text.describe('Name of a broker of this workspace.'),
    log: text.describe(
      'Topic of Kafka, or stream of RabbitMQ, to which the receiver publishes a record for each message that it has consumed.',
    ),
    messageId: z
      .union([idPlace, z.literal('key').describe('The key of the record.')])
      .describe(
        'Where a record says which message it is about. Absent: message-id, or /messageId of a JSON body.',
      )
      .exactOptional(),
    retentionSec: z
      .int()
      .min(1)
      .nullable()
      .describe('Seconds for which a record is kept; null: nothing removes it.'),
  })
  .describe('A topic or stream to which the receiver publishes what it has consumed. Read without a group.')

/** Where the receiver writes down what it has consumed. Absent: what the mapping says. */
export const evidence = z
  .union([tableEvidence, logEvidence])
  .describe('Where the receiver writes down what it has consumed.')
