import { englishTexts } from './english-texts.ts'

type Catalogue = typeof englishTexts
export type TextCode = keyof Catalogue
type NamesIn<Sentence extends string> = Sentence extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never

export type TextValue = string | number | Text

/** What the engine says to a person. `say` and `with` are for whoever speaks another language, `text` for everyone else. */
export interface Text {
  readonly say: string
  readonly with: Readonly<Record<string, TextValue>>
  readonly text: string
}

/** A text of the engine, or what somebody else wrote: a mapping, a profile, a server. */
export type Words = Text | string

/** `values`: just those that the sentence names. */
export function say<Code extends TextCode>(
  code: Code,
  ...[values]: [NamesIn<Catalogue[Code]>] extends [never]
    ? []
    : [values: Readonly<Record<NamesIn<Catalogue[Code]>, TextValue>>]
): Text {
  const given: Readonly<Record<string, TextValue>> = values ?? {}
  const filled = englishTexts[code].replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = given[name] ?? '?'
    return typeof value === 'object' ? value.text : String(value)
  })
  return { say: code, with: given, text: filled }
}

/** In English, for a log, a file, the command line. */
export function plain(words: Words | number): string {
  return typeof words === 'object' ? words.text : String(words)
}
