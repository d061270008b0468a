import { inertLines } from '../../../src-preload/contract/inert-text.ts'
import type { Words } from '../../../src-preload/contract/text.ts'
import { readableId } from '../../ui/readable-id.ts'
import type { SayWords } from '../../ui/sentences.ts'
import type { Translation } from './translation.ts'

type Spoken = () => Translation | null

/** What the engine says, in the operator's language; what nobody translated is shown as it was written. */
export function sayWordsIn(spoken: Spoken): SayWords {
  return (words) => {
    const translation = spoken()
    return inertLines(translation === null ? english(words) : translated(words, translation))
  }
}

/** A value that a sentence names so. */
export function sayValueIn(spoken: Spoken): (value: Words | number, name: string) => string {
  return (value, name) => {
    if (name === 'id' && typeof value === 'string') return readableId(value)
    const translation = spoken()
    return translation === null ? english(value) : translatedValue(value, name, translation)
  }
}

function english(words: Words | number): string {
  return typeof words === 'object' ? words.text : String(words)
}

function translated(words: Words | number, translation: Translation): string {
  if (typeof words === 'number') return String(words)
  if (typeof words === 'string') return translation.profileTexts[words] ?? words
  const filled = translation.texts[words.say]?.replace(/\{(\w+)\}/g, (_, name: string) =>
    translatedValue(words.with[name] ?? '?', name, translation),
  )
  return filled ?? words.text
}

function translatedValue(value: Words | number, name: string, translation: Translation): string {
  const term = typeof value === 'string' ? translation.terms[name]?.[value] : undefined
  return term ?? translated(value, translation)
}
