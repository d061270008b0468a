import type { InjectionKey } from 'vue'
import type { ErrorCode, ErrorData } from '../../src-preload/contract/errors.ts'
import type { Sentences } from '../../src-preload/contract/sentences.ts'

/** What an ErrorNote can show: an error of the contract, or the page's own "the engine does not answer". */
export interface ShownError {
  readonly code: ErrorCode | 'engine-unreachable'
  readonly detail: ErrorData['detail']
}

/** Says an error in the operator's language. Provided by the app, which owns the languages. */
export type SayError = (error: ShownError) => Sentences
export const sayErrorKey: InjectionKey<SayError> = Symbol('say error')
