import { alerts } from './alerts.ts'
import { audits } from './audits.ts'
import { brokers } from './brokers.ts'
import { common } from './common.ts'
import { confirmations } from './confirmations.ts'
import { connections } from './connections.ts'
import { deadLetters } from './dead-letters.ts'
import { halfMessages } from './half-messages.ts'
import { inbox } from './inbox.ts'
import { jobs } from './jobs.ts'
import { journal } from './journal.ts'
import { mapping } from './mapping.ts'
import { masked } from './masked.ts'
import { overview } from './overview.ts'
import { places } from './places.ts'
import { plans } from './plans.ts'
import { shell } from './shell.ts'
import { sweeps } from './sweeps.ts'
import { triage } from './triage.ts'
import { words } from './words.ts'

export const englishMessages = {
  alerts,
  audits,
  brokers,
  common,
  confirmations,
  connections,
  deadLetters,
  halfMessages,
  inbox,
  jobs,
  journal,
  mapping,
  masked,
  overview,
  places,
  plans,
  shell,
  sweeps,
  triage,
  words,
}

/** The keys of English with any text: a key that another language lacks, or has too much, does not compile. */
type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> }
export type Messages = Texts<typeof englishMessages>
