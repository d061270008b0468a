import { alerts } from './alerts.ts'
import { audits } from './audits.ts'
import { brokers } from './brokers.ts'
import { callback } from './callback.ts'
import { connections } from './connections.ts'
import { deadLetters } from './dead-letters.ts'
import { decisions } from './decisions.ts'
import { evidenceChecks } from './evidence.ts'
import { halfMessages } from './half-messages.ts'
import { jobs } from './jobs.ts'
import { journal } from './journal.ts'
import { mappings } from './mappings.ts'
import { messages } from './messages.ts'
import { operators } from './operators.ts'
import { overview } from './overview.ts'
import { places } from './places.ts'
import { plans } from './plans.ts'
import { session } from './session.ts'
import { sweeps } from './sweeps.ts'
import { handOver, notes, views } from './triage.ts'

/** The whole API between the engine and whoever drives it: window, browser, command line. */
export const contract = {
  alerts,
  audits,
  brokers,
  callback,
  connections,
  deadLetters,
  decisions,
  evidence: evidenceChecks,
  halfMessages,
  handOver,
  jobs,
  journal,
  mappings,
  messages,
  notes,
  operators,
  overview,
  places,
  plans,
  session,
  sweeps,
  views,
}
export type Contract = typeof contract
