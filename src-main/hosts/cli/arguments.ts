import { parseArgs } from 'node:util'
import { usageError } from '../common/failure.ts'

/** `list` takes every word up to the next option, and may be given more than once. */
export interface OptionSpec {
  readonly kind: 'text' | 'flag' | 'list'
  /** How the value is called in the help; none for a flag. */
  readonly value?: string
  readonly help: string
}
export type OptionSpecs = Readonly<Record<string, OptionSpec>>

export interface Arguments {
  readonly operands: readonly string[]
  flag(name: string): boolean
  text(name: string): string | null
  /** Throws `usage` where it is missing. */
  required(name: string): string
  list(name: string): readonly string[]
  integer(name: string, range: { readonly min: number; readonly max: number }): number | null
  number(name: string, range: { readonly above: number; readonly max: number }): number | null
  choice<const T extends string>(name: string, allowed: readonly T[]): T | null
  choices<const T extends string>(name: string, allowed: readonly T[]): readonly T[]
}

/** Strict: an option that is not in `specs` throws `usage`, as does a value where none belongs. */
export function parseArguments(argv: readonly string[], specs: OptionSpecs): Arguments {
  const { tokens } = parse(argv, specs)
  const values = new Map<string, string[]>()
  const operands: string[] = []
  // The list that words without a dash belong to at this point.
  let open: string[] | null = null

  for (const token of tokens) {
    if (token.kind === 'option-terminator') open = null
    if (token.kind === 'positional') (open ?? operands).push(token.value)
    if (token.kind !== 'option') continue
    const given: string[] = values.get(token.name) ?? []
    const isList = specs[token.name]?.kind === 'list'
    if (given.length > 0 && !isList) throw usageError(`--${token.name} is given twice.`)
    given.push(token.value ?? '')
    values.set(token.name, given)
    open = isList ? given : null
  }
  return access(values, operands)
}

type Token =
  | { readonly kind: 'option'; readonly name: string; readonly value?: string | undefined }
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' }

function parse(argv: readonly string[], specs: OptionSpecs): { tokens: readonly Token[] } {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { kind }]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const), multiple: true },
    ]),
  )
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true, tokens: true })
  } catch (error) {
    throw usageError(error instanceof Error ? `${error.message.replace(/\.?$/, '')}.` : String(error))
  }
}

function access(values: ReadonlyMap<string, readonly string[]>, operands: readonly string[]): Arguments {
  const text = (name: string): string | null => values.get(name)?.[0] ?? null
  const numeric = (name: string): number | null => {
    const given = text(name)
    if (given === null) return null
    if (!/^\d+(\.\d+)?$/.test(given)) throw usageError(`--${name} takes a number, not "${given}".`)
    return Number(given)
  }
  return {
    operands,
    flag: (name) => values.has(name),
    text,
    required(name) {
      const given = text(name)
      if (given === null || given === '') throw usageError(`--${name} is missing.`)
      return given
    },
    list: (name) => values.get(name) ?? [],
    integer(name, { min, max }) {
      const given = numeric(name)
      if (given !== null && (!Number.isInteger(given) || given < min || given > max)) {
        throw usageError(`--${name} takes a whole number from ${min} to ${max}.`)
      }
      return given
    },
    number(name, { above, max }) {
      const given = numeric(name)
      if (given !== null && (given <= above || given > max)) {
        throw usageError(`--${name} takes a number above ${above}, at most ${max}.`)
      }
      return given
    },
    choice: (name, allowed) => oneOf(name, allowed, values.get(name) ?? [])[0] ?? null,
    choices: (name, allowed) => oneOf(name, allowed, values.get(name) ?? []),
  }
}

function oneOf<const T extends string>(name: string, allowed: readonly T[], given: readonly string[]): T[] {
  return given.map((word) => {
    const found = allowed.find((value) => value === word)
    if (found === undefined) throw usageError(`--${name} takes one of: ${allowed.join(', ')}.`)
    return found
  })
}
