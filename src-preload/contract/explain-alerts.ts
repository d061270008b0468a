import type { Sentences } from './sentences.ts'

export const alertSentences = {
  'alert-not-found': {
    what: 'There is no alert {alert}.',
    means: 'Nothing was acknowledged. Nothing changed for any message.',
    next: 'Look at the list of alerts again; old ones are kept in the journal only.',
  },
} satisfies Readonly<Record<string, Sentences>>
