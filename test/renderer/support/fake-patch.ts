import type { PlanDiff } from '../../../src-preload/contract/plans.ts'

type Json = unknown
interface Operation {
  readonly op: string
  readonly path: string
  readonly value?: Json
}
interface Place {
  readonly holder: Record<string, Json>
  readonly key: string
}

function placeOf(root: Json, path: string): Place | null {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop()
  if (last === undefined) return null
  let holder = root
  for (const key of keys) holder = (holder as Record<string, Json> | null)?.[key]
  return typeof holder === 'object' && holder !== null
    ? { holder: holder as Record<string, Json>, key: last }
    : null
}

/** Enough of RFC 6902 for the pages: `add`, `replace`, `remove` and `test`. Null: it does not fit this text. */
export function patchText(text: string, patch: string): string | null {
  const root: Json = JSON.parse(text)
  for (const operation of JSON.parse(patch) as Operation[]) {
    const place = placeOf(root, operation.path)
    if (place === null) return null
    const { holder, key } = place
    if (operation.op !== 'add' && !Object.hasOwn(holder, key)) return null
    if (operation.op === 'add' || operation.op === 'replace') holder[key] = operation.value
    else if (operation.op === 'remove') delete holder[key]
    else if (operation.op !== 'test' || JSON.stringify(holder[key]) !== JSON.stringify(operation.value))
      return null
  }
  return JSON.stringify(root, null, 2)
}

function leaves(value: Json, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[path, JSON.stringify(value)]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}/${key}`))
}

/** Values that differ, by path. */
export function changesOf(before: string, after: string): PlanDiff['changes'] {
  const was = new Map(leaves(JSON.parse(before)))
  const is = new Map(leaves(JSON.parse(after)))
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => ({ path, before: was.get(path) ?? null, after: is.get(path) ?? null }))
}
