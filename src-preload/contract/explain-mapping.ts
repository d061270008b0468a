import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

/** Errors on the way from a mapping to a confirmed one. */
export const mappingSentences = {
  'mapping-unconfirmed': {
    what: 'No operator has confirmed how this outbox is read and written: {reason}.',
    means: 'The source stays read-only. ' + nothingSent,
    next: 'Look at "redrive mapping preview --source {source}"; if its rows are told rightly, confirm it with "redrive mapping confirm --source {source} --digest {digest}".',
  },
  'mapping-unsafe': {
    what: 'This mapping cannot be confirmed: {problem}.',
    means: 'Rows would look repaired and stay in trouble. Nothing was saved, no row was changed.',
    next: '{instead}',
  },
  'mapping-digest-mismatch': {
    what: 'What would be confirmed is {digest}, not what was shown.',
    means: 'The mapping or the table was changed since. Nothing was confirmed.',
    next: 'Look at "redrive mapping preview --source {source}" again, then confirm that digest.',
  },
} satisfies Readonly<Record<string, Sentences>>
