import { unknownEvidence } from '../../domain/evidence.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { EvidenceRequest } from '../../ports/evidence.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { beginAsking, problemOf } from './asking.ts'

/** A page that shows evidence beside other things does not wait longer for it. */
const SHOWN_TIMEOUT_MS = 3_000
const SECOND_MS = 1_000
/** A receiver that did not answer is not asked again by every page that is opened. */
const REST_MS = 10_000

export interface Shown {
  /** Null: no evidence is mapped. */
  readonly where: string | null
  /** In the order of the requests. */
  readonly found: readonly Evidence[]
  /** Why it could not be asked; null: it was. */
  readonly problem: string | null
}

/** What is known of messages that somebody is looking at. */
export interface EvidenceViews {
  show(source: string, requests: readonly EvidenceRequest[], signal: AbortSignal): Promise<Shown>
}

export function createEvidenceViews({ clock }: EnginePorts, connections: Connections): EvidenceViews {
  const resting = new Map<string, { readonly untilMs: number; readonly shown: Omit<Shown, 'found'> }>()
  const unreachable = (requests: readonly EvidenceRequest[]): readonly Evidence[] =>
    requests.map(() => unknownEvidence('unreachable'))
  return {
    async show(source, requests, signal) {
      const rest = resting.get(source)
      if (rest !== undefined && clock.now().getTime() < rest.untilMs)
        return { ...rest.shown, found: unreachable(requests) }
      resting.delete(source)
      const limited = AbortSignal.any([signal, AbortSignal.timeout(SHOWN_TIMEOUT_MS)])
      let where: string | null = null
      let problem: string | null
      let found: readonly Evidence[]
      try {
        const asking = await beginAsking(connections, source, limited)
        where = asking.where
        found = await asking.ask(requests, limited)
        where = asking.where
        problem = asking.problem()
      } catch (error) {
        if (signal.aborted) throw error
        found = unreachable(requests)
        problem = limited.aborted
          ? `query-timeout: no answer within ${SHOWN_TIMEOUT_MS / SECOND_MS} s`
          : problemOf(error)
      }
      if (problem !== null)
        resting.set(source, { untilMs: clock.now().getTime() + REST_MS, shown: { where, problem } })
      return { where, found, problem }
    },
  }
}
