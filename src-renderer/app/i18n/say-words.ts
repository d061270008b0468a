import { inertLines } from '../../../src-preload/contract/inert-text.ts'
import type { Words } from '../../../src-preload/contract/words.ts'
import { readableId } from '../../ui/readable-id.ts'
import type { SayWords } from '../../ui/sentences.ts'
import type { Locale } from './locale.ts'
import { messages } from './messages.ts'
import { chineseProfileTexts } from './zh-CN/profile-texts.ts'
import { chineseTexts } from './zh-CN/texts.ts'

/** Values that are words of the console's own, by the name that a text gives them. */
const terms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  state: messages['zh-CN'].words.state,
  action: messages['zh-CN'].mapping.confirm.act,
}

/** What the engine says, in the operator's language; what nobody translated is shown as it was written. */
export function sayWordsIn(locale: () => Locale): SayWords {
  return (words) => inertLines(locale() === 'en' ? english(words) : chinese(words))
}

/** A value that a sentence names so. */
export function sayValueIn(locale: () => Locale): (value: Words | number, name: string) => string {
  return (value, name) =>
    name === 'id' && typeof value === 'string'
      ? readableId(value)
      : locale() === 'en'
        ? english(value)
        : chineseValue(value, name)
}

function english(words: Words | number): string {
  return typeof words === 'object' ? words.text : String(words)
}

function chinese(words: Words | number): string {
  if (typeof words === 'number') return String(words)
  if (typeof words === 'string') return chineseProfileTexts[words] ?? words
  const filled = chineseTexts[words.say]?.replace(/\{(\w+)\}/g, (_, name: string) =>
    chineseValue(words.with[name] ?? '?', name),
  )
  return filled ?? words.text
}

function chineseValue(value: Words | number, name: string): string {
  return (typeof value === 'string' ? terms[name]?.[value] : undefined) ?? chinese(value)
}
