import type { Random } from './random.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** JSON with integers of any size: a console that parses a payload as JavaScript numbers would show others. */
export type JsonValue =
  string | number | bigint | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export function jsonText(value: JsonValue): string {
  if (typeof value === 'bigint') return String(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => jsonText(item)).join(',')}]`
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`)
    .join(',')}}`
}

/** A message as a service writes it into its outbox, before any relay has seen it. */
export interface Draft {
  readonly chainKey: string
  readonly messageId: string
  readonly exchange: string
  readonly routingKey: string
  readonly type: string
  readonly payload: JsonValue
  readonly headers: JsonValue
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Not to be sent before; null: as soon as possible. */
  readonly dueAt: number | null
}

export const rowStatuses = ['pending', 'sending', 'sent', 'failed'] as const
export type RowStatus = (typeof rowStatuses)[number]

/** What the relay of that day made of it. */
export interface Fate {
  readonly status: RowStatus
  readonly attempts: number
  readonly nextAttemptAt: number | null
  readonly updatedAt: number | null
  readonly lastError: string | null
}

/** Headers as the shop's services write them: schema, service and trace, so that one message leads to its request. */
export function serviceHeaders(
  random: Random,
  options: { readonly service: string; readonly type: string; readonly schema: number },
): JsonValue {
  return {
    'content-type': 'application/json',
    traceparent: `00-${random.hex(32)}-${random.hex(16)}-01`,
    'x-schema': `${options.type}/${options.schema}`,
    'x-service': options.service,
  }
}

/** Two digits after the point, as a JSON number. */
export function money(cents: number): number {
  return Math.round(cents) / 100
}
