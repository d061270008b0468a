import type { enUS } from 'naive-ui'
import type { InjectionKey, ShallowRef } from 'vue'
import type { Sentences } from '../../../src-preload/contract/sentences.ts'
import type { ShownError } from '../../ui/sentences.ts'
import type { Messages } from './en/messages.ts'

/** All that the console says in a language other than English, which is always there. */
export interface Translation {
  readonly messages: Messages
  readonly errors: Readonly<Record<ShownError['code'], Sentences>>
  /** What the engine says, by the code of its text. */
  readonly texts: Readonly<Record<string, string>>
  /** What the profiles of outbox tables say, by the English text. */
  readonly profileTexts: Readonly<Record<string, string>>
  /** Values that are words of the console's own, by the name that a text gives them. */
  readonly terms: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** What the components say by themselves. */
  readonly components: typeof enUS
}

/** The language that the page speaks now. */
export const translationKey: InjectionKey<Readonly<ShallowRef<Translation | null>>> = Symbol('translation')
