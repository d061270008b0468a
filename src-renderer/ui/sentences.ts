import { inject } from 'vue'
import type { InjectionKey } from 'vue'
import type { Words } from '../../src-preload/contract/text.ts'
import type { ErrorCode, ErrorData } from '../../src-preload/contract/errors.ts'
import type { Sentences } from '../../src-preload/contract/sentences.ts'

/** What an ErrorNote can show: an error of the contract, or the page's own "the engine does not answer". */
export interface ShownError {
  readonly code: ErrorCode | 'engine-unreachable'
  readonly detail: ErrorData['detail']
}

/** Says what the engine says in the operator's language. Provided by the app, which owns the languages. */
export type SayWords = (words: Words | number) => string
export const sayWordsKey: InjectionKey<SayWords> = Symbol('say words')

export function useWords(): SayWords {
  const say = inject(sayWordsKey)
  if (say === undefined) throw new Error('nobody says words here')
  return say
}

/** Says an error in the operator's language. Provided by the app, which owns the languages. */
export type SayError = (error: ShownError) => Sentences
export const sayErrorKey: InjectionKey<SayError> = Symbol('say error')
