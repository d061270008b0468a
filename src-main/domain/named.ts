/**
 * Of a record that was read from a file, what has this name. People and messages bring the names, and `constructor` is one: an
 * object without it still answers, with its prototype's.
 */
export function named<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
