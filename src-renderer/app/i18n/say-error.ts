import { englishSentences, fillSentences } from '../../../src-preload/contract/explain.ts'
import type { SayError } from '../../ui/sentences.ts'
import { sayValueIn } from './say-words.ts'
import type { Translation } from './translation.ts'

const english: Translation['errors'] = {
  ...englishSentences,
  'engine-unreachable': {
    what: 'The engine of Redrive does not answer.',
    means: 'Whether the last act reached it is not known; jobs that run go on without this page.',
    next: 'The page connects again by itself. Look at the jobs before acting again.',
  },
}

export function sayErrorIn(spoken: () => Translation | null): SayError {
  return ({ code, detail }) => fillSentences((spoken()?.errors ?? english)[code], detail, sayValueIn(spoken))
}
