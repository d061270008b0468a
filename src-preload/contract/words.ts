import { z } from 'zod'

/** What the engine itself says: `say` and `with` for who speaks another language, `text` in English for everyone else. */
export interface Text {
  readonly say: string
  readonly with: Readonly<Record<string, string | number | Text>>
  readonly text: string
}

export const text: z.ZodType<Text> = z.lazy(() =>
  z.object({ say: z.string(), with: z.record(z.string(), textValue), text: z.string() }),
)
export const textValue = z.union([z.string(), z.number(), text])

/** A text of the engine, or what somebody else wrote: a mapping, a profile, a server. */
export const words = z.union([z.string(), text])
export type Words = string | Text

export function inEnglish(value: Words | number): string {
  return typeof value === 'object' ? value.text : String(value)
}
