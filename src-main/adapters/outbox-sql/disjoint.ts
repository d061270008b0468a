import type { MappingPredicate } from '../../domain/mapping/values.ts'

type Constants = ReadonlyMap<string, ReadonlySet<string>>

/** Of a mapping's conditions, which are asked about at every page. */
const knownConstants = new WeakMap<MappingPredicate, Constants>()

/** Columns with the constants that every row of this condition has in them. */
function constants(of: MappingPredicate): Constants {
  const known = knownConstants.get(of) ?? findConstants(of)
  knownConstants.set(of, known)
  return known
}

function findConstants(of: MappingPredicate): Constants {
  if ('all' in of) return new Map(of.all.flatMap((part) => [...constants(part)]))
  if (!('column' in of)) return new Map()
  if ('equals' in of && of.equals !== null && typeof of.equals !== 'object') {
    return new Map([[of.column, new Set([constant(of.equals)])]])
  }
  if ('in' in of) return new Map([[of.column, new Set(of.in.map(constant))]])
  return new Map()
}

/**
 * Numbers may be written in more than one way, and to many a collation case, accents and blanks at the end make no
 * difference: what might be equal is taken to be equal.
 */
function constant(value: string | number | boolean): string {
  if (typeof value === 'boolean') return `boolean:${value}`
  if (typeof value === 'number') return `number:${value}`
  if (value.trim() !== '' && !Number.isNaN(Number(value))) return `number:${Number(value)}`
  return `text:${value.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim()}`
}

/** True where no row can meet both; false where that cannot be told. */
export function areDisjoint(one: MappingPredicate, other: MappingPredicate): boolean {
  const others = constants(other)
  return [...constants(one)].some(([name, values]) => {
    const theirs = others.get(name)
    return (
      theirs !== undefined && ofOneKind(values, theirs) && [...values].every((value) => !theirs.has(value))
    )
  })
}

function ofOneKind(...sets: readonly ReadonlySet<string>[]): boolean {
  const kinds = sets.flatMap((set) => [...set].map((value) => value.slice(0, value.indexOf(':'))))
  return new Set(kinds).size === 1
}
