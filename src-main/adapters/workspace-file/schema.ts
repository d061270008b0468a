import { z } from 'zod'
import {
  ATTEMPTS_MAX_DEFAULT,
  compressions,
  environments,
  kafkaMechanisms,
  sourceDrivers,
  STUCK_AFTER_SEC_DEFAULT,
} from '../../domain/workspace.ts'
import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { parseMapping } from '../mapping-schema/parse.ts'
import { secretRef, tls } from './access-schema.ts'
import { alerts, alertsProblem } from './alerts-schema.ts'
import { checkBack } from './check-back-schema.ts'
import { callback } from './callback-schema.ts'
import { evidence } from './evidence-schema.ts'
import { idService } from './id-service-schema.ts'
import { masking, workspaceMasking } from './masking-schema.ts'
import { danglingNames } from './references.ts'
import { field } from '../mapping-schema/schema.ts'
import { login } from './login-schema.ts'
import { name } from './name-schema.ts'
import { policies } from './policies-schema.ts'
import { schemaPathProblem } from './schema-path.ts'
import { loadRanges } from '../../domain/load.ts'
import { sweepLimits } from '../../domain/sweep-policy.ts'
import { brokerUrlProblem, managementUrlProblem, nodeAddressProblem, sourceUrlProblem } from './urls.ts'

const ATTEMPTS_MAX = 1_000
const FINGERPRINT_FIELDS_MAX = 20
/** 30 days. */
const FINGERPRINT_WINDOW_SEC_MAX = 2_592_000
/** 30 days. */
const STUCK_AFTER_SEC_MAX = 2_592_000
const QUEUE_NAME_MAX = 255
const TOPIC_NAME_MAX = 249
const DEAD_LETTER_QUEUES_MAX = 200
/** Nodes of a Kafka cluster that are named. */
const BROKERS_MAX = 50
/** Message types of one outbox that have a schema. */
const SCHEMAS_MAX = 500

const text = z.string().min(1)

const schemas = z
  .record(
    text.describe('Type of message.'),
    text
      .describe("A file in or below the workspace's folder: schemas/order-paid.json.")
      .superRefine((path, context) => {
        const problem = schemaPathProblem(path)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      }),
  )
  .refine((value) => Object.keys(value).length <= SCHEMAS_MAX, { error: `more than ${SCHEMAS_MAX} schemas` })
  .describe('JSON Schema that an edited payload of that type must match.')

/** Checked by the mapping's own schema, so that a fault is told with its place in the mapping. */
const mapping = z
  .unknown()
  .superRefine((value, context) => {
    const problem = mappingProblem(value)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem })
  })
  .transform((value) => value as Mapping | { readonly file: string })
  .meta({
    description: 'In the place of a profile: a mapping, or the file that holds one.',
    anyOf: [
      {
        type: 'object',
        properties: { file: { type: 'string', minLength: 1 } },
        required: ['file'],
        additionalProperties: false,
      },
      { $ref: 'mapping.schema.json' },
    ],
  })

function mappingProblem(value: unknown): string | null {
  const file = z.strictObject({ file: text }).safeParse(value)
  if (file.success) return schemaPathProblem(file.data.file)
  try {
    parseMapping(value, 'mapping')
    return null
  } catch (error) {
    if (!(error instanceof RedriveError)) throw error
    return `${plain(error.detail['at'] ?? '')}: ${plain(error.detail['problem'] ?? '')}`
  }
}

const whole = (limits: { readonly min: number; readonly max: number }) =>
  z.int().min(limits.min).max(limits.max)
const part = (limits: { readonly min: number; readonly max: number }) =>
  z.number().min(limits.min).max(limits.max)

const sweep = z
  .strictObject({
    enabled: z
      .boolean()
      .describe('Runs on schedule, once an operator of this machine has switched on just this policy.'),
    everySec: whole(sweepLimits.everySec),
    batch: whole(sweepLimits.batch).describe('Rows of one claim.'),
    rate: part(sweepLimits.rate).nullable().describe('Messages a second; null: no limit.'),
    attemptsMax: whole(sweepLimits.attemptsMax).describe('After so many attempts a message is failed.'),
    stuckAfterSec: whole(sweepLimits.stuckAfterSec).describe('Pending or in flight for longer is due.'),
    backoff: z
      .strictObject({
        firstSec: part(sweepLimits.firstSec),
        factor: part(sweepLimits.factor),
        capSec: part(sweepLimits.capSec),
        jitter: part(sweepLimits.jitter).describe('Part of each wait that is left to chance, 0 to 1.'),
      })
      .describe('How long a message waits after a publish that failed.'),
    order: z.enum(['chain', 'none']).describe('`chain`: within a chain in sequence only.'),
    resendUnknown: z.literal(false).describe('A message of unknown outcome is never sent again by itself.'),
  })
  .describe('Compensation sweep of this outbox. Absent: none.')

const fingerprint = z
  .strictObject({
    fields: z
      .array(field)
      .min(1)
      .max(FINGERPRINT_FIELDS_MAX)
      .describe('What tells an event, as in a mapping.'),
    windowSec: z
      .int()
      .min(0)
      .max(FINGERPRINT_WINDOW_SEC_MAX)
      .describe('Two messages are the same event only when they were stored no further apart than this.'),
  })
  .describe('Tells a business event that was stored under two message ids. Absent: nobody looks for it.')

const REPLICA_OF_POSTGRES = 'only PostgreSQL tells how far a replica is: a replica is named for it alone'

const replica = z
  .strictObject({
    url: text.describe(
      "postgres://user@host:port/database of a streaming standby; the database is the source's.",
    ),
    password: secretRef.describe("Absent: the source's.").exactOptional(),
    tls: tls.describe("Absent: the source's.").exactOptional(),
  })
  .describe(
    'PostgreSQL only: a standby on which chain audits do their long reading. Absent: all is read on the source.',
  )

const load = z
  .strictObject({
    connections: whole(loadRanges.connections)
      .describe('Connections that one process of Redrive has open at a time, for everything together.')
      .exactOptional(),
    statements: whole(loadRanges.statements)
      .describe('Statements that it runs at a time; never more than there are connections.')
      .exactOptional(),
    waitSec: whole(loadRanges.waitSec)
      .describe('Whoever waits longer for a turn is told so.')
      .exactOptional(),
    slowFactor: part(loadRanges.slowFactor)
      .describe('So many times slower than usual, and work in the background makes pauses.')
      .exactOptional(),
  })
  .describe(
    'What this source may be asked at a time. Absent: 10 connections, 8 statements, 30 seconds, 3 times.',
  )

const sourceFields = z.strictObject({
  driver: z
    .enum(sourceDrivers)
    .describe('`mysql` for MySQL and MariaDB, `sqlite` for a file, `redis` for staged messages.'),
  url: text.describe(
    'postgres:// or mysql://user@host:port/database, without a password; sqlite:///absolute/path.db; redis://host:port/0.',
  ),
  password: secretRef.exactOptional(),
  tls: tls.exactOptional(),
  replica: replica.exactOptional(),
  environment: z.enum(environments),
  outbox: z.strictObject({
    profile: text.default('auto').describe("A profile's name, or `auto`."),
    table: text.describe(
      'Table with its schema: public.outbox_message; on MySQL outbox_message; on Redis the key, or the pattern of the keys.',
    ),
    mapping: mapping.exactOptional(),
    schemas: schemas.exactOptional(),
    fingerprint: fingerprint.exactOptional(),
    ids: idService.exactOptional(),
  }),
  deliver: z.strictObject({ broker: name }).exactOptional(),
  evidence: evidence.exactOptional(),
  callback: callback.exactOptional(),
  stuckAfterSec: z.int().min(1).max(STUCK_AFTER_SEC_MAX).default(STUCK_AFTER_SEC_DEFAULT),
  maxAttempts: z.int().min(1).max(ATTEMPTS_MAX).default(ATTEMPTS_MAX_DEFAULT),
  load: load.exactOptional(),
  sweep: sweep.exactOptional(),
  checkBack: checkBack.exactOptional(),
  masking: masking.exactOptional(),
})

const source = sourceFields.superRefine(({ driver, url, replica: standby }, context) => {
  const problem = sourceUrlProblem(driver, url)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem, path: ['url'] })
  if (standby === undefined) return
  const wrong = driver === 'postgres' ? sourceUrlProblem(driver, standby.url) : REPLICA_OF_POSTGRES
  if (wrong !== null) context.addIssue({ code: 'custom', message: wrong, path: ['replica', 'url'] })
})

const amqpBroker = z
  .strictObject({
    driver: z.enum(['rabbitmq', 'memory']),
    url: text.describe('amqp://user@host:port/vhost, without a password.'),
    password: secretRef.exactOptional(),
    tls: tls.exactOptional(),
    management: text
      .describe('http://host:15672 of the management API, asked as the same user. Absent: it is not asked.')
      .exactOptional(),
    masking: masking.exactOptional(),
    deadLetters: z
      .array(z.strictObject({ queue: text.max(QUEUE_NAME_MAX) }))
      .max(DEAD_LETTER_QUEUES_MAX)
      .describe('Queues of dead letters that the console shows.')
      .exactOptional(),
  })
  .superRefine((value, context) => {
    const problem = brokerUrlProblem(value.driver, value.url)
    if (problem !== null) context.addIssue({ code: 'custom', message: problem, path: ['url'] })
    const other = value.management === undefined ? null : managementUrlProblem(value.management)
    if (other !== null) context.addIssue({ code: 'custom', message: other, path: ['management'] })
  })

const nodeAddress = text.superRefine((address, context) => {
  const problem = nodeAddressProblem(address)
  if (problem !== null) context.addIssue({ code: 'custom', message: problem })
})

const kafkaBroker = z
  .strictObject({
    driver: z.literal('kafka'),
    brokers: z
      .array(nodeAddress)
      .min(1)
      .max(BROKERS_MAX)
      .describe('host:port of some nodes; the others are asked of them.'),
    sasl: z
      .strictObject({ mechanism: z.enum(kafkaMechanisms), user: text })
      .describe('How to log in; with `oauthbearer` the password is the token. Absent: no login.')
      .exactOptional(),
    password: secretRef.exactOptional(),
    tls: tls.exactOptional(),
    clientId: text.describe("Shown in the cluster's logs.").exactOptional(),
    compression: z.enum(compressions).describe('How batches are packed; `none` unless set.').exactOptional(),
    addresses: z
      .record(nodeAddress, nodeAddress)
      .describe('From an address that the cluster names to the one that leads there: a tunnel.')
      .exactOptional(),
    headers: z
      .strictObject({ messageId: text.exactOptional(), type: text.exactOptional() })
      .describe('Names of the headers for id and type: x-message-id and x-message-type unless set.')
      .exactOptional(),
    masking: masking.exactOptional(),
    deadLetters: z
      .array(z.strictObject({ topic: text.max(TOPIC_NAME_MAX) }))
      .max(DEAD_LETTER_QUEUES_MAX)
      .describe('Topics of dead letters that the console shows.')
      .exactOptional(),
  })
  .refine((value) => value.password === undefined || value.sasl !== undefined, {
    error: 'a password needs sasl: how to log in, and as whom',
  })

const broker = z.discriminatedUnion('driver', [amqpBroker, kafkaBroker])

const store = z
  .strictObject({
    url: text
      .describe('postgres://user@host:5432/database. Redrive makes the schema "redrive" in it.')
      .superRefine((url, context) => {
        const problem = sourceUrlProblem('postgres', url)
        if (problem !== null) context.addIssue({ code: 'custom', message: problem })
      }),
    password: secretRef.exactOptional(),
    tls: tls.exactOptional(),
  })
  .describe(
    'Where jobs, notes, saved views and the journal are kept for a whole team. Absent: a file of this machine.',
  )

export const workspaceSchema = z
  .strictObject({
    $schema: z.string().exactOptional(),
    sources: z.record(name, source).default({}),
    brokers: z.record(name, broker).default({}),
    alerts: alerts.exactOptional(),
    masking: workspaceMasking.exactOptional(),
    policies: policies.exactOptional(),
    store: store.exactOptional(),
    login: login.exactOptional(),
  })
  .superRefine((workspace, context) => {
    const has = {
      source: (known: string) => Object.hasOwn(workspace.sources, known),
      broker: (known: string) => Object.hasOwn(workspace.brokers, known),
    }
    for (const [key, one] of Object.entries(workspace.sources))
      for (const { path, message } of danglingNames(one, has))
        context.addIssue({ code: 'custom', message, path: ['sources', key, ...path] })
  })
  .superRefine((workspace, context) => {
    const wrong = workspace.alerts && alertsProblem(workspace.alerts, workspace)
    if (wrong) context.addIssue({ code: 'custom', message: wrong.problem, path: ['alerts', ...wrong.at] })
  })

/** For editors: what they may offer and underline while a workspace file is written. */
export function workspaceJsonSchema(): object {
  const schema = z.toJSONSchema(workspaceSchema, { io: 'input', target: 'draft-2020-12' })
  return { title: 'Redrive workspace', ...schema }
}
