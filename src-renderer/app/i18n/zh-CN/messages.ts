import type { Messages } from '../en/messages.ts'
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

export const chineseMessages: Messages = {
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
