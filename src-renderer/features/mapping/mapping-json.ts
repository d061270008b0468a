import type { MappingData } from '../../../src-preload/contract/mapping-shapes.ts'

export type Json = MappingData[string]
type JsonObject = { readonly [key: string]: Json }

export function isObject(data: unknown): data is JsonObject {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

/** The mapping that a text is; null: it is no JSON object. */
export function readMapping(text: string): MappingData | null {
  try {
    const data: unknown = JSON.parse(text)
    return isObject(data) ? data : null
  } catch {
    return null
  }
}

export function writeMapping(mapping: MappingData): string {
  return JSON.stringify(mapping, null, 2)
}

/** What stands at a place; undefined: nothing does. */
export function partOf(data: Json | undefined, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>((at, step) => (isObject(at) ? at[step] : undefined), data)
}

/** The same with another part; undefined takes it out, and what it leaves empty with it. */
export function withPart(data: MappingData, path: readonly string[], part: Json | undefined): MappingData {
  const [step, ...rest] = path
  if (step === undefined) return isObject(part) ? part : data
  const below = data[step]
  const next =
    rest.length === 0 ? part : emptied(withPart(isObject(below) ? below : {}, rest, part), rest.length > 0)
  if (next !== undefined) return { ...data, [step]: next }
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== step))
}

function emptied(data: MappingData, below: boolean): Json | undefined {
  return below && Object.keys(data).length === 0 ? undefined : data
}

/** Places that a mapping has to have, even where nothing stands there yet. */
export function whole(mapping: MappingData): MappingData {
  return { ...mapping, times: mapping['times'] ?? {} }
}
