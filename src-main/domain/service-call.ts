import type { SecretRef, TlsOptions } from './access.ts'

/**
 * One HTTP request to a service of the operator's, written as a template: `{messageId}` and its like in the path, the query,
 * values of headers and the body stand for what a message says. A value never reaches further than the place of its
 * placeholder: it is percent-encoded in the URL and in headers, and escaped as part of a string in a JSON body.
 */
export interface ServiceCall {
  readonly method: CallMethod
  /** http:// or https://; scheme, host and port hold no placeholder: no message says who is asked. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Absent: a request without a body. JSON, unless `headers` names another content type. */
  readonly body?: string
  /** A token for `authorization: Bearer`, or the value of a header. */
  readonly auth?: CallAuth
  readonly tls?: TlsOptions
  /** From the first look-up of the name to the last byte of the answer. */
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

export const callMethods = ['GET', 'POST', 'PUT'] as const
export type CallMethod = (typeof callMethods)[number]

export type CallAuth = { readonly bearer: SecretRef } | { readonly header: string; readonly value: SecretRef }

/** Why there is no answer. */
export type CallFailureKind =
  'refused' | 'unresolvable' | 'tls' | 'timed-out' | 'too-large' | 'broke' | 'no-secret'

export const callLimits = {
  timeoutMs: { min: 10, max: 120_000 },
  answerBytesMax: { min: 1, max: 1024 * 1024 },
  headers: 50,
  chars: 16 * 1024,
} as const
export const CALL_TIMEOUT_MS_DEFAULT = 5_000
export const ANSWER_BYTES_MAX_DEFAULT = 64 * 1024

/** What a call may say of the message that it is about. A value that the layout does not have is the empty text, or 0. */
export const messagePlaceholders = [
  'source',
  'id',
  'messageId',
  'type',
  'chainKey',
  'previousId',
  'exchange',
  'routingKey',
  'createdAt',
  'attempts',
  'payload',
] as const
/** Whole numbers: they may stand in JSON without quotes. */
const NUMBERS: ReadonlySet<string> = new Set(['attempts', 'checks', 'resends'])

export type CallValues = Readonly<Record<string, string | number>>

/** A filled template, without its secret. */
export interface FilledCall {
  readonly method: CallMethod
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export type Filling =
  | { readonly ok: true; readonly call: FilledCall }
  /** Why nothing can be asked about this message: a value has no place in a URL. */
  | { readonly ok: false; readonly name: string; readonly problem: 'empty' | 'dots' }

const PLACEHOLDER = /\{([A-Za-z]\w*)\}/g
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FRAMING = /^(host|content-length|transfer-encoding|connection|upgrade|expect)$/i
const SECRETS = /^(authorization|proxy-authorization|cookie)$/i
/** Printable ASCII without the percent sign, which would make two values one. */
const HEADER_UNSAFE = /[^\x20-\x24\x26-\x7e]/gu

/**
 * What is wrong with a template, and where; null: nothing. `placeholders` are the names that whoever makes the call can fill.
 */
export function serviceCallProblem(
  call: Pick<ServiceCall, 'method' | 'url' | 'headers' | 'body' | 'auth'>,
  placeholders: readonly string[],
): { readonly at: readonly string[]; readonly problem: string } | null {
  const url = urlProblem(call.url) ?? unknownIn(call.url, placeholders)
  if (url !== null) return { at: ['url'], problem: url }
  for (const [name, value] of Object.entries(call.headers ?? {})) {
    const problem = headerProblem(name, value) ?? unknownIn(value, placeholders)
    if (problem !== null) return { at: ['headers', name], problem }
  }
  const body = bodyProblem(call, placeholders)
  if (body !== null) return { at: ['body'], problem: body }
  if (call.auth === undefined || 'bearer' in call.auth) return null
  const { header } = call.auth
  const wrong = !HEADER_NAME.test(header) || FRAMING.test(header)
  return wrong ? { at: ['auth', 'header'], problem: 'not a name of a header for a secret' } : null
}

/** Fills a template that has no problem. */
export function fillCall(
  call: Pick<ServiceCall, 'method' | 'url' | 'headers' | 'body'>,
  values: CallValues,
): Filling {
  const pathEnd = call.url.search(/[?#]/)
  const path = pathEnd < 0 ? call.url : call.url.slice(0, pathEnd)
  for (const [, name = ''] of path.matchAll(PLACEHOLDER)) {
    // `a//b` and `a/../b` are other places than the one that was meant.
    const value = textOf(values, name)
    if (value === '') return { ok: false, name, problem: 'empty' }
    if (/^\.+$/.test(value)) return { ok: false, name, problem: 'dots' }
  }
  const body = call.body ?? null
  const escape = isJson(call) ? jsonPart : (text: string) => text
  const headers = Object.entries(call.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), filled(value, values, headerPart)] as const,
  )
  const type = body === null ? {} : { 'content-type': 'application/json' }
  return {
    ok: true,
    call: {
      method: call.method,
      url: filled(call.url, values, urlPart),
      headers: { ...type, ...Object.fromEntries(headers) },
      body: body === null ? null : filled(body, values, escape),
    },
  }
}

function filled(template: string, values: CallValues, escape: (text: string) => string): string {
  return template.replace(PLACEHOLDER, (_, name: string) => escape(textOf(values, name)))
}

function textOf(values: CallValues, name: string): string {
  return String(values[name] ?? (NUMBERS.has(name) ? 0 : ''))
}

function urlPart(text: string): string {
  // A lone surrogate has no encoding.
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (one) => percent(one))
}

function headerPart(text: string): string {
  return text.toWellFormed().replace(HEADER_UNSAFE, (one) => percent(one))
}

/** The percent-encoded bytes of one character. */
function percent(character: string): string {
  const bytes = new TextEncoder().encode(character)
  return [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
}

function jsonPart(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}

function isJson({ headers }: Pick<ServiceCall, 'headers'>): boolean {
  const [, type = 'application/json'] =
    Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === 'content-type') ?? []
  return /^application\/([\w.+-]*\+)?json\b/i.test(type.trim())
}

function urlProblem(text: string): string | null {
  const [, authority] = /^https?:\/\/([^/?#]*)/i.exec(text) ?? []
  if (authority === undefined) return 'not a http:// or https:// url'
  if (authority.includes('{')) return 'scheme, host and port hold no placeholder'
  const url = URL.parse(text.replace(PLACEHOLDER, 'x'))
  if (url === null || url.hostname === '') return 'not a http:// or https:// url'
  if (url.username !== '' || url.password !== '') return 'the url holds a login: write it as "auth"'
  return text.includes('#') ? 'what follows # is never sent' : null
}

function headerProblem(name: string, value: string): string | null {
  if (!HEADER_NAME.test(name)) return 'not a name of a header'
  if (FRAMING.test(name)) return 'this header follows from the request'
  if (SECRETS.test(name)) return 'this header holds a secret: write it as "auth"'
  return /[^\x20-\x7e]/.test(value) ? 'a header holds printable ASCII only' : null
}

function bodyProblem(
  call: Pick<ServiceCall, 'method' | 'headers' | 'body'>,
  placeholders: readonly string[],
): string | null {
  if (call.body === undefined) return null
  if (call.method === 'GET') return 'GET has no body'
  const unknown = unknownIn(call.body, placeholders)
  if (unknown !== null || !isJson(call)) return unknown
  // Tried with a text that is JSON only where quotes stand around it.
  const sample = call.body.replace(PLACEHOLDER, (_, name: string) => (NUMBERS.has(name) ? '0' : 'x'))
  try {
    JSON.parse(sample)
    return null
  } catch {
    return 'not JSON once it is filled: a placeholder stands inside quotes'
  }
}

function unknownIn(template: string, placeholders: readonly string[]): string | null {
  const names = [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name)
  const unknown = names.find((name) => !placeholders.includes(name))
  return unknown === undefined ? null : `no placeholder {${unknown}}; there are ${placeholders.join(', ')}`
}
