import { audits } from './audits.ts'
import { connections } from './connections.ts'
import { deadLetters } from './dead-letters.ts'
import { decisions } from './decisions.ts'
import { jobs } from './jobs.ts'
import { journal } from './journal.ts'
import { mappings } from './mappings.ts'
import { messages } from './messages.ts'
import { overview } from './overview.ts'
import { places } from './places.ts'
import { plans } from './plans.ts'
import { session } from './session.ts'
import { sweeps } from './sweeps.ts'

/** The whole API between the engine and whoever drives it: window, browser, command line. */
export const contract = {
  audits,
  connections,
  deadLetters,
  decisions,
  jobs,
  journal,
  mappings,
  messages,
  overview,
  places,
  plans,
  session,
  sweeps,
}
export type Contract = typeof contract
