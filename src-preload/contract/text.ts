/** What the engine itself says: `say` and `with` for who speaks another language, `text` in English for everyone else. */
export interface Text {
  readonly say: string
  readonly with: Readonly<Record<string, string | number | Text>>
  readonly text: string
}

/** A text of the engine, or what somebody else wrote: a mapping, a profile, a server. */
export type Words = string | Text

export function inEnglish(value: Words | number): string {
  return typeof value === 'object' ? value.text : String(value)
}
