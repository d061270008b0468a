import { z } from 'zod'
import {
  encodings,
  refusedByName,
  relayModels,
  stagedLayouts,
  timeForms,
  timeNames,
} from '../../domain/mapping/mapping.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate, Value } from '../../domain/mapping/values.ts'
import { englishTexts } from '../../domain/english-texts.ts'
import { messageStates } from '../../domain/message.ts'

/** NAMEDATALEN of PostgreSQL is 63 bytes, MySQL takes 64 characters; quotes and dots are ordinary in both. */
const NAME_LENGTH_MAX = 64
const CONDITIONS_MAX = 200
const COLUMNS_MAX = 500

export const columnName = z
  .string()
  .min(1)
  .max(NAME_LENGTH_MAX)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), {
    error: englishTexts['fault.column-name'],
  })
const label = z.string().min(1).max(NAME_LENGTH_MAX)
const sentence = z.string().min(1)
const literal = z.union([z.string(), z.number(), z.boolean(), z.null()])
const seconds = z.union([z.number(), z.strictObject({ setting: label })])

const value: z.ZodType<Value> = z.lazy(() => z.union([literal, computed])).meta({ id: 'value' })
export const predicate: z.ZodType<MappingPredicate> = z.lazy(() => condition).meta({ id: 'condition' })
const pair = z.tuple([value, value])

const computed = z.union([
  z.strictObject({
    is: z.literal('now'),
    plusSec: seconds.exactOptional(),
    minusSec: seconds.exactOptional(),
  }),
  z.strictObject({ is: z.enum(['infinity', 'new-uuid', 'token', 'reason', 'delay']) }),
  z.strictObject({ column: columnName, plus: z.number().exactOptional() }),
  z.strictObject({ row: columnName }),
  z.strictObject({ setting: label }),
  z.strictObject({ moment: columnName, plusSec: value }),
  z.strictObject({
    path: z.array(z.union([z.string(), z.int().nonnegative()])).min(1),
    in: value,
  }),
  z.strictObject({ concat: z.array(value).min(1) }),
  z.strictObject({ part: z.int().refine((n) => n !== 0), by: z.string().min(1), in: value }),
  z.strictObject({ of: label, value }),
  z.strictObject({ count: label, where: predicate.exactOptional() }),
  z.strictObject({ lengthOf: value }),
  z.strictObject({ add: pair }),
  z.strictObject({ subtract: pair }),
  z.strictObject({ multiply: pair }),
  z.strictObject({ log2: value }),
  z.strictObject({ first: z.array(value).min(1) }),
  z.strictObject({ nullIf: z.union([z.string(), z.number(), z.boolean()]), in: value }),
  z.strictObject({ when: predicate, then: value, otherwise: value.exactOptional() }),
])

export const field = z.union([columnName, z.strictObject({ text: z.string() }), computed]).meta({
  id: 'field',
  description: 'A column by its name, { "text": … } for all rows the same, or a value.',
})

const scalars = z.array(z.union([z.string(), z.number(), z.boolean()]))
const ordered = ['equals', 'above', 'atLeast', 'below', 'atMost'] as const

function asked<Left extends z.ZodRawShape>(left: Left) {
  return [
    ...ordered.map((name) => z.strictObject({ ...left, [name]: value })),
    z.strictObject({ ...left, in: scalars }),
    z.strictObject({ ...left, isNull: z.boolean() }),
  ]
}

const condition = z.union([
  z.strictObject({ all: z.array(predicate).max(CONDITIONS_MAX) }),
  z.strictObject({ any: z.array(predicate).max(CONDITIONS_MAX) }),
  z.strictObject({ not: predicate }),
  z.strictObject({ exists: label, where: predicate.exactOptional() }),
  ...asked({ column: columnName }),
  ...asked({ value }),
  ...ordered.map((name) =>
    z
      .strictObject({ columns: z.array(columnName).min(1), [name]: z.array(value) })
      .refine((one) => one['columns']?.length === one[name]?.length, {
        error: englishTexts['fault.as-many'],
      }),
  ),
]) as unknown as z.ZodType<MappingPredicate>

const state = z.enum(messageStates)
const timeField = z.union([columnName, z.strictObject({ column: columnName, when: predicate })])
const assignments = z.record(columnName, value)
export const columnForms = z.record(
  columnName,
  z.union([
    z.strictObject({
      time: z.enum(timeForms),
      zone: z
        .union([
          z.string().regex(/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/, englishTexts['fault.iana']),
          z.strictObject({ setting: label }),
        ])
        .exactOptional(),
      none: z.array(z.union([z.string(), z.number()])).exactOptional(),
    }),
    z.strictObject({
      truth: z.tuple([z.union([z.string(), z.number()]), z.union([z.string(), z.number()])]),
    }),
  ]),
)

const action = z.strictObject({
  from: z.array(state).exactOptional(),
  guard: predicate.exactOptional(),
  does: z.enum(['update', 'delete', 'insert-copy']).exactOptional(),
  set: assignments.exactOptional(),
  never: z.array(columnName).exactOptional(),
  note: sentence.exactOptional(),
})

const halfAction = action
  .omit({ from: true, does: true })
  .extend({ does: z.enum(['update', 'delete']).exactOptional() })

const refusal = z.strictObject({ reason: sentence, instead: sentence })

export const mappingSchema: z.ZodType<Mapping> = z.strictObject({
  $schema: z.string().exactOptional(),
  profile: z.string().min(1),
  about: sentence.exactOptional(),
  staged: z
    .strictObject({
      layout: z.enum(stagedLayouts),
      payloadKey: z
        .string()
        .regex(/\{member\}/)
        .describe('Of a sorted set: the key with the message of a member, with {member} in it.')
        .exactOptional(),
      payloadAs: z.enum(['hash', 'json']).exactOptional(),
      onConfirm: z.enum(['remove', 'keep']).exactOptional(),
    })
    .describe('Messages in Redis: how they are kept. No column is written then.')
    .exactOptional(),
  tables: z
    .union([
      z.strictObject({ also: z.array(z.string().min(1)) }),
      z.strictObject({ like: z.string().min(1) }),
    ])
    .exactOptional(),
  key: z.union([
    columnName,
    z.array(columnName).min(1),
    z.strictObject({ none: z.array(columnName).min(1) }),
  ]),
  messageId: field,
  type: field.exactOptional(),
  chain: z
    .strictObject({
      key: field,
      sequence: field.exactOptional(),
      previousId: field.exactOptional(),
    })
    .exactOptional(),
  destination: z
    .strictObject({
      kind: z.enum(['rabbitmq', 'kafka', 'http', 'other']).exactOptional(),
      exchange: field.exactOptional(),
      routingKey: field.exactOptional(),
      partitionKey: field.exactOptional(),
    })
    .exactOptional(),
  payload: z
    .strictObject({
      value: field,
      encoding: z.enum(encodings),
      fixed: sentence.exactOptional(),
      messages: value.exactOptional(),
    })
    .exactOptional(),
  headers: z
    .union([z.strictObject({ value: field }), z.strictObject({ names: field, values: field })])
    .exactOptional(),
  times: z.partialRecord(z.enum(timeNames), timeField),
  attempts: z
    .strictObject({
      value: field,
      startsAt: z.int().exactOptional(),
      limit: z.union([z.int().min(1), field]).exactOptional(),
    })
    .exactOptional(),
  lastError: field.exactOptional(),
  lease: z
    .strictObject({ holder: field.exactOptional(), until: columnName.exactOptional(), held: predicate })
    .exactOptional(),
  scope: predicate.exactOptional(),
  deleted: predicate.exactOptional(),
  states: z
    .array(z.strictObject({ state, when: predicate }))
    .min(1)
    .max(CONDITIONS_MAX),
  open: predicate.exactOptional(),
  sentRows: z.union([
    z.enum(['kept', 'deleted', 'unknown']),
    z.strictObject({ archivedIn: z.string().min(1) }),
  ]),
  relay: z.strictObject({
    model: z.enum(relayModels),
    takes: z.array(state).min(1).exactOptional(),
    ignoresYoungerThanSec: seconds.exactOptional(),
    headOfLine: z.strictObject({ unit: z.array(field), failedBlocks: z.boolean() }).exactOptional(),
    note: sentence.exactOptional(),
  }),
  settings: z.record(label, z.union([z.string(), z.number()])).exactOptional(),
  columns: columnForms
    .refine((all) => Object.keys(all).length <= COLUMNS_MAX, {
      error: englishTexts['fault.many-columns'],
    })
    .exactOptional(),
  companions: z
    .record(
      label,
      z.strictObject({
        table: z.string().min(1).exactOptional(),
        on: predicate,
        columns: columnForms.exactOptional(),
      }),
    )
    .exactOptional(),
  resend: z
    .strictObject({
      tokenColumn: columnName,
      claim: assignments,
      confirm: assignments,
      fail: assignments,
      retry: assignments,
      release: z.array(z.strictObject({ from: z.array(state), set: assignments })),
    })
    .exactOptional(),
  retry: action.exactOptional(),
  resolve: action.exactOptional(),
  halfMessages: z
    .strictObject({
      commit: halfAction.describe('Makes a half message sendable.'),
      rollback: halfAction.describe('Marks or removes a half message that must not be sent.'),
      checks: z
        .strictObject({ value: field, set: assignments })
        .describe('Where the layout counts how often the producer was asked.')
        .exactOptional(),
    })
    .exactOptional(),
  evidence: z
    .strictObject({
      companion: label.exactOptional(),
      elsewhere: sentence.exactOptional(),
      processed: predicate.exactOptional(),
      processedAt: columnName.exactOptional(),
      retentionSec: z.number().nonnegative().nullable().exactOptional(),
    })
    .exactOptional(),
  refuse: z.partialRecord(z.enum(refusedByName), refusal).exactOptional(),
})

/** For editors: what they may offer and underline while a mapping is written. */
export function mappingJsonSchema(): object {
  const schema = z.toJSONSchema(mappingSchema, { io: 'input', target: 'draft-2020-12' })
  return { title: 'Redrive mapping', ...schema }
}
