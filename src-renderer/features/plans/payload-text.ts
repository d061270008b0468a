import { jsonLanguage } from '@codemirror/lang-json'

import { EDITED_CHARS_MAX } from '../../../src-preload/contract/plan-pieces.ts'

export interface JsonMistake {
  readonly line: number
  readonly column: number
}

/** Where a text stops being JSON; null: it is JSON. Line and column count from 1. */
export function jsonMistake(text: string): JsonMistake | null {
  try {
    JSON.parse(text)
    return null
  } catch {
    const lines = text.slice(0, firstError(text)).split('\n')
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
  }
}

/** The engine's own message does not always say where; the editor's parser does. */
function firstError(text: string): number {
  let at = text.length
  jsonLanguage.parser.parse(text).iterate({
    enter: ({ type, from }) => {
      if (type.isError) at = Math.min(at, from)
    },
  })
  return at
}

/** Why a text cannot be sent; null: nothing that could be told from the text alone. */
export function payloadProblem(text: string): JsonMistake | 'too-long' | null {
  return text.length > EDITED_CHARS_MAX ? 'too-long' : jsonMistake(text)
}
