import { Ajv } from 'ajv'
import type { ErrorObject, Options, ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { readJson } from '../../domain/json-text.ts'
import type { SchemaProblem } from '../../domain/message-edit.ts'
import { SCHEMA_CHARS_MAX, SCHEMA_PROBLEMS_MAX } from '../../ports/payload-schemas.ts'
import type { PayloadSchema, PayloadSchemas, SchemaCompilation } from '../../ports/payload-schemas.ts'
import { createTimeLimit } from './time-limit.ts'
import type { TimeLimit } from './time-limit.ts'

export interface SchemaLimits {
  /** Milliseconds to compile one schema. */
  readonly compileMs: number
  /** Milliseconds to check one payload. */
  readonly checkMs: number
}

const LIMITS: SchemaLimits = { compileMs: 1_000, checkMs: 250 }
/** Payloads that ran out of time before the schema as a whole is given up: each of them stops the engine. */
const TIMEOUTS_MAX = 3

const OPTIONS: Options = {
  // Schemas in the wild carry keywords of their generators; JSON Schema says to pass over them.
  strict: false,
  allErrors: true,
  // An inherited `toString` is no property of a payload.
  ownProperties: true,
  // 19.99 is a multiple of 0.01, whatever doubles say.
  multipleOfPrecision: 9,
  // It would write to the terminal; what is wrong is told by `compile`.
  logger: false,
}

const dialects = new Map<string, () => Ajv>([
  ['https://json-schema.org/draft/2020-12/schema', () => new Ajv2020(OPTIONS)],
  ['http://json-schema.org/draft-07/schema', () => new Ajv(OPTIONS)],
])
const DIALECT_DEFAULT = 'https://json-schema.org/draft/2020-12/schema'

/** JSON Schema by ajv. A pattern that backtracks for ever, or a schema that explodes, ends at its time limit. */
export function createAjvSchemas(limits: SchemaLimits = LIMITS): PayloadSchemas {
  return { compile: (text) => compile(text, limits) }
}

function compile(text: string, limits: SchemaLimits): SchemaCompilation {
  if (text.length > SCHEMA_CHARS_MAX) return refused(`larger than ${SCHEMA_CHARS_MAX} characters`)
  const reading = readJson(text)
  if (!reading.ok) return refused(`the text is ${reading.problem.code}`)
  const schema = JSON.parse(text) as unknown
  if (typeof schema === 'boolean') return refused('it takes everything or nothing')
  if (!isObject(schema)) return refused('a schema is an object')
  // It would make every check a promise, which reads as "no problem".
  if (schema['$async'] !== undefined) return refused('$async is not JSON Schema')
  const dialect = schema['$schema'] ?? DIALECT_DEFAULT
  const engine = typeof dialect === 'string' ? dialects.get(dialect.replace(/#$/, '')) : undefined
  if (engine === undefined) return refused('"$schema" is neither draft-07 nor 2020-12')
  const limit = createTimeLimit()
  const ended = limit.run(limits.compileMs, () => {
    const ajv = engine()
    formats.default(ajv)
    return ajv.compile(schema)
  })
  if (ended.ok) return { ok: true, schema: checker(ended.value, limit, limits.checkMs) }
  return refused(ended.error === null ? 'compiling it takes too long' : messageOf(ended.error))
}

/**
 * Checks as many payloads as the time of one allows under one watchdog, which costs more than a check. Where the time runs
 * out, the payload that was at work begins the next round; one that cannot finish a whole round alone is unchecked.
 */
function checker(validate: ValidateFunction, limit: TimeLimit, checkMs: number): PayloadSchema {
  let timeouts = 0
  return {
    check(payloads) {
      const problems: (readonly SchemaProblem[])[] = []
      while (problems.length < payloads.length && timeouts < TIMEOUTS_MAX) {
        const done = problems.length
        const ended = limit.run(checkMs, () => {
          for (const payload of payloads.slice(done)) problems.push(checked(validate, payload))
        })
        if (ended.ok || problems.length > done) continue
        problems.push([unchecked(ended.error === null ? 'the check takes too long' : messageOf(ended.error))])
        if (ended.error === null) timeouts += 1
      }
      const givenUp = [unchecked('checks by this schema take too long')]
      return payloads.map((_, index) => problems[index] ?? givenUp)
    },
  }
}

function checked(validate: ValidateFunction, payload: string): SchemaProblem[] {
  if (validate(JSON.parse(payload)) === true) return []
  return (validate.errors ?? []).slice(0, SCHEMA_PROBLEMS_MAX).map(toProblem)
}

function toProblem({ instancePath, keyword, message, params }: ErrorObject): SchemaProblem {
  const named = ['additionalProperty', 'unevaluatedProperty', 'propertyName'].find((name) => name in params)
  const name = named === undefined ? '' : ` (${String((params as Record<string, unknown>)[named])})`
  return { path: instancePath, keyword, message: `${message ?? keyword}${name}` }
}

function unchecked(message: string): SchemaProblem {
  return { path: '', keyword: 'unchecked', message }
}

function refused(problem: string): SchemaCompilation {
  return { ok: false, problem }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
