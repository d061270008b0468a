import { environments, messageStates, troubles } from '../../src-preload/contract/terms.ts'
import { isQualifier, parseQuery, qualifierNames, quoted, type Qualifier, type QueryPart } from './query.ts'

/** Values that were seen lately: nothing is asked for the sake of completing a word. */
export type KnownValues = Readonly<Partial<Record<Qualifier, readonly string[]>>>

export interface CompletionOption {
  readonly kind: 'qualifier' | 'value'
  readonly qualifier: Qualifier
  /** What it puts into the line. */
  readonly text: string
}
/** What may stand at the caret, and what it replaces there. */
export interface Completion {
  readonly line: string
  readonly from: number
  readonly to: number
  readonly options: readonly CompletionOption[]
}

export const OPTIONS_MAX = 12
/** A bare word shorter than this fits too much. */
const WORD_CHARS_MIN = 2
const AGES = ['>5m', '>15m', '>1h', '>4h', '>1d', '>7d', '<1h', '<4h', '<1d'] as const

const FIXED: KnownValues = {
  trouble: troubles,
  state: messageStates,
  age: AGES,
  env: environments,
}

export function completionAt(line: string, caret: number, known: KnownValues): Completion {
  const { parts } = parseQuery(line)
  const part = parts.find(({ start, text }) => start < caret && caret <= start + text.length)
  const typed = part === undefined ? '' : line.slice(part.start, caret)
  const [from, to] = part === undefined ? [caret, caret] : [part.start, part.start + part.text.length]
  const colon = typed.indexOf(':')
  const name = typed.slice(0, colon)
  const options =
    colon > 0 && isQualifier(name)
      ? valueOptions(name, typed.slice(colon + 1), known)
      : colon < 0
        ? wordOptions(typed, unused(parts, part), known)
        : []
  // What stands there already is no completion of itself.
  return { line, from, to, options: options.filter(({ text }) => text !== part?.text).slice(0, OPTIONS_MAX) }
}

/** The line with an option in it, and where the caret goes. A finished value makes room for the next word. */
export function completed({ line, from, to }: Completion, { kind, text }: CompletionOption) {
  const rest = line.slice(to)
  const room = kind === 'value' && !rest.startsWith(' ') ? ' ' : ''
  return { line: line.slice(0, from) + text + room + rest, caret: from + text.length + room.length }
}

function unused(parts: readonly QueryPart[], here: QueryPart | undefined): readonly Qualifier[] {
  const used = parts.filter((part) => part !== here).map(({ text }) => text.slice(0, text.indexOf(':')))
  return qualifierNames.filter((name) => !used.includes(name))
}

function valueOptions(qualifier: Qualifier, raw: string, known: KnownValues): CompletionOption[] {
  // Of a list only the last value is being typed.
  const listed = qualifier === 'state' || qualifier === 'source' ? raw.slice(0, raw.lastIndexOf(',') + 1) : ''
  const before = listed.split(',')
  const typed = raw.slice(listed.length).replace(/^"/, '').replaceAll(/\\(.)/gs, '$1')
  return fitting(FIXED[qualifier] ?? known[qualifier] ?? [], typed)
    .filter((value) => !before.includes(value))
    .map((value) => ({ kind: 'value', qualifier, text: `${qualifier}:${listed}${quoted(value)}` }))
}

/** A bare word begins a qualifier, or is part of a value that was seen; an error may contain any word. */
function wordOptions(word: string, free: readonly Qualifier[], known: KnownValues): CompletionOption[] {
  const begun = free.filter((name) => name.startsWith(word.toLowerCase()))
  const names = begun.map((name): CompletionOption => ({
    kind: 'qualifier',
    qualifier: name,
    text: `${name}:`,
  }))
  if (word.length < WORD_CHARS_MIN || word.includes('"')) return names
  const seen = free.flatMap((name) =>
    fitting(FIXED[name] ?? known[name] ?? [], word).map((value): CompletionOption => ({
      kind: 'value',
      qualifier: name,
      text: `${name}:${quoted(value)}`,
    })),
  )
  const inError: CompletionOption[] = free.includes('error')
    ? [{ kind: 'value', qualifier: 'error', text: `error:${quoted(word)}` }]
    : []
  const said = new Set(seen.map(({ text }) => text))
  return [...names, ...seen, ...inError.filter(({ text }) => !said.has(text))]
}

/** Those that begin with it before those that only contain it. */
function fitting(values: readonly string[], typed: string): string[] {
  const wanted = typed.toLowerCase()
  const found = values.filter((value) => value.toLowerCase().includes(wanted))
  const first = found.filter((value) => value.toLowerCase().startsWith(wanted))
  return [...first, ...found.filter((value) => !first.includes(value))]
}
