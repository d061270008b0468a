/**
 * What programs read is plain English: a text of the engine, which travels with its code and its values, becomes its
 * sentence.
 */
export function spoken(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spoken)
  if (typeof value !== 'object' || value === null) return value
  if (isText(value)) return value.text
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, spoken(one)]))
}

function isText(value: object): value is { readonly text: string } {
  return 'say' in value && 'with' in value && 'text' in value && Object.keys(value).length === 3
}
