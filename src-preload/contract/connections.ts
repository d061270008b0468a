import { z } from 'zod'
import { words } from './words.ts'
import { environment, name, place, procedure, reason, time } from './base.ts'
import { errorData } from './errors.ts'

export const tls = z.strictObject({
  mode: z.enum(['disable', 'require', 'verify-full']),
  caFile: z.string().max(1_000).exactOptional(),
  certFile: z.string().max(1_000).exactOptional(),
  keyFile: z.string().max(1_000).exactOptional(),
  serverName: z.string().max(255).exactOptional(),
})

/** What the operator typed. `keep`: leave the stored one; the value itself never comes back from the engine. */
export const passwordInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('keep') }),
  z.strictObject({ kind: z.literal('env'), variable: z.string().min(1).max(200) }),
  z.strictObject({ kind: z.literal('typed'), value: z.string().min(1).max(1_000) }),
])
export type PasswordInput = z.infer<typeof passwordInput>
/** Where a password comes from, without it. */
export const passwordKind = z.enum([
  'none',
  'env',
  'stored',
  'prompt',
  'command',
  'secrets-file',
  'workspace-file',
])

/** Seconds for which a proof is kept; null: nothing removes it. */
const retentionSec = z.number().int().min(1).nullable()

const tableEvidenceDraft = z.strictObject({
  /** The source whose database holds the table; null: the outbox's own. */
  source: name.nullable(),
  table: z.string().min(1).max(200),
  messageId: z.string().min(1).max(64),
  /** Column with the time of consumption; null: there is none. */
  processedAt: z.string().min(1).max(64).nullable(),
  retentionSec,
})

const logEvidenceDraft = z.strictObject({
  broker: name,
  /** Topic or stream. */
  log: z.string().min(1).max(255),
  /** Where a record says which message it is about; null: message-id, or `/messageId` of a JSON body. */
  messageId: z
    .union([
      z.literal('key'),
      z.strictObject({ header: z.string().min(1).max(255) }),
      z.strictObject({
        pointer: z
          .string()
          .max(1_000)
          .regex(/^(\/[^/]*)+$/),
      }),
    ])
    .nullable(),
  retentionSec,
})

/** Where the receiver writes down what it has consumed, as far as a form knows it. */
export const evidenceDraft = z.union([tableEvidenceDraft, logEvidenceDraft])
export type EvidenceDraft = z.infer<typeof evidenceDraft>

/** `mysql` is MariaDB too. */
export const sourceDrivers = ['postgres', 'mysql', 'sqlite', 'redis'] as const
export type SourceDriver = (typeof sourceDrivers)[number]

export const sourceDraft = z.strictObject({
  driver: z.enum(sourceDrivers),
  url: z.string().min(1).max(2_000),
  password: passwordInput,
  tls: tls.exactOptional(),
  environment,
  table: z.string().min(1).max(200),
  profile: z.string().min(1).max(100),
  /** Broker that resends go to; null: look only. */
  deliverTo: name.nullable(),
  stuckAfterSec: z.number().int().min(1).max(31_536_000),
  maxAttempts: z.number().int().min(1).max(1_000),
  /** Address of a standby for audits, PostgreSQL only; null: none. Absent: as the workspace file has it. */
  replica: z.string().min(1).max(2_000).nullable().exactOptional(),
  /** Null: none is mapped here. Absent: as the workspace file has it, which may say more than a form. */
  evidence: evidenceDraft.nullable().exactOptional(),
})
export type SourceDraft = z.infer<typeof sourceDraft>

export const kafkaMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const
export const kafkaCompressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
/** Nodes of a Kafka cluster that are named. */
const NODES_MAX = 50
const nodeAddress = z
  .string()
  .max(300)
  .regex(/^[^\s:/@]+:\d{1,5}$/)

const amqpDraft = z.strictObject({
  driver: z.enum(['rabbitmq', 'memory']),
  url: z.string().min(1).max(2_000),
  password: passwordInput,
  tls: tls.exactOptional(),
})
const kafkaDraft = z.strictObject({
  driver: z.literal('kafka'),
  /** host:port of some nodes. */
  brokers: z.array(nodeAddress).min(1).max(NODES_MAX),
  /** Null: no login. With `oauthbearer` the password is the token. */
  sasl: z.strictObject({ mechanism: z.enum(kafkaMechanisms), user: z.string().min(1).max(255) }).nullable(),
  password: passwordInput,
  tls: tls.exactOptional(),
  compression: z.enum(kafkaCompressions),
})
export const brokerDraft = z.discriminatedUnion('driver', [amqpDraft, kafkaDraft])
export type BrokerDraft = z.infer<typeof brokerDraft>

export const sourceConnection = sourceDraft.omit({ password: true }).extend({
  name,
  passwordKind,
  /** Null: not unlocked, read-only. */
  unlockedUntil: time.nullable(),
  /** By the policy of its environment, or what is usual there. */
  unlockMinutesMax: z.number().int(),
})
export type SourceConnection = z.infer<typeof sourceConnection>
const named = { name, passwordKind }
export const brokerConnection = z.discriminatedUnion('driver', [
  amqpDraft.omit({ password: true }).extend(named),
  kafkaDraft.omit({ password: true }).extend(named),
])
export type BrokerConnection = z.infer<typeof brokerConnection>

export const sourceReport = z.object({
  serverVersion: z.string(),
  role: z.enum(['primary', 'standby']),
  latencyMs: z.number(),
  table: z.string(),
  profile: z.string(),
  mappingDigest: z.string(),
  privileges: z.object({ select: z.boolean(), update: z.boolean() }),
  /** What differs between the table and the mapping since it was opened; null: nothing. */
  drift: words.nullable(),
  readRoleCanWrite: z.boolean(),
  indexed: z.boolean(),
  facts: z.array(words).exactOptional(),
  /** By which messages could get lost. */
  warnings: z.array(words).exactOptional(),
})
export type SourceReport = z.infer<typeof sourceReport>
export const brokerReport = z.object({
  product: z.string(),
  version: z.string(),
  latencyMs: z.number(),
  /** Of a cluster that says so; `controller` is host:port. */
  cluster: z
    .object({ id: z.string().nullable(), nodes: z.number(), controller: z.string().nullable() })
    .exactOptional(),
})
export type BrokerReport = z.infer<typeof brokerReport>

/** A test fails as a value: the form shows the reason beside the fields. */
export const sourceTest = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), report: sourceReport }),
  z.object({ ok: z.literal(false), error: errorData }),
])
export const brokerTest = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), report: brokerReport }),
  z.object({ ok: z.literal(false), error: errorData }),
])

/** No policy allows more. */
export const UNLOCK_MINUTES_MAX = 120

export const connections = {
  list: procedure
    .input(z.strictObject({}))
    .output(z.object({ sources: z.array(sourceConnection), brokers: z.array(brokerConnection) })),
  saveSource: procedure
    .input(z.strictObject({ name, isNew: z.boolean(), draft: sourceDraft }))
    .output(sourceConnection),
  saveBroker: procedure
    .input(z.strictObject({ name, isNew: z.boolean(), draft: brokerDraft }))
    .output(brokerConnection),
  removeSource: procedure.input(z.strictObject({ name })).output(z.object({})),
  removeBroker: procedure.input(z.strictObject({ name })).output(z.object({})),
  /** A saved connection, or a draft before it is saved (`name` then says whose stored password `keep` means). */
  testSource: procedure.input(z.strictObject({ name, draft: sourceDraft.nullable() })).output(sourceTest),
  testBroker: procedure.input(z.strictObject({ name, draft: brokerDraft.nullable() })).output(brokerTest),
  unlock: procedure
    .input(
      z.strictObject({
        source: place,
        minutes: z.number().int().min(1).max(UNLOCK_MINUTES_MAX),
        /** Production only: the source's name, typed. */
        typedName: z.string().max(64).nullable(),
        /** Production: needed. */
        reason: reason.exactOptional(),
      }),
    )
    .output(z.object({ unlockedUntil: time })),
  lock: procedure.input(z.strictObject({ source: place })).output(z.object({})),
}
