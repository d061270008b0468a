import { unknownEvidence } from '../../domain/evidence.ts'
import type { Evidence } from '../../domain/evidence.ts'
import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import { EVIDENCE_BATCH_MAX } from '../../ports/evidence.ts'
import type { EvidenceReader, EvidenceRequest } from '../../ports/evidence.ts'
import type { Connections } from '../connections/connections.ts'

/** Looks that may fail, one after the other, until nobody is asked any more: each failure costs a wait. */
const FAILURES_MAX = 2

/** One series of questions about the messages of one source. */
export interface Asking {
  /** Where it is looked; null: no evidence is mapped. */
  readonly where: string | null
  /**
   * What is known of each, in the order of the requests. Never throws but `cancelled`: where the receiver's table cannot be
   * asked, that is what is known, and `problem` says why.
   */
  ask(requests: readonly EvidenceRequest[], signal: AbortSignal): Promise<readonly Evidence[]>
  /** The last failure, in words for a person; null: none. */
  problem(): string | null
}

/** Begins to ask. A receiver that is away does not keep anybody from the outbox. */
export async function beginAsking(
  connections: Connections,
  source: string,
  signal: AbortSignal,
): Promise<Asking> {
  let failures = 0
  let problem: string | null = null
  let where = await connections.evidencePlace(source, signal)
  if (where === null) return { where, ask: async (requests) => requests.map(notMapped), problem: () => null }
  const reader = async (): Promise<EvidenceReader | null> => {
    const opened = await connections.evidence(source, signal)
    where = opened?.where ?? where
    return opened
  }
  return {
    get where() {
      return where
    },
    async ask(requests, aborted) {
      const found: Evidence[] = []
      for (let from = 0; from < requests.length; from += EVIDENCE_BATCH_MAX) {
        const batch = requests.slice(from, from + EVIDENCE_BATCH_MAX)
        if (failures >= FAILURES_MAX) {
          found.push(...batch.map(unreachable))
          continue
        }
        try {
          const opened = await reader()
          found.push(...(opened === null ? batch.map(notMapped) : await opened.look(batch, aborted)))
          failures = 0
        } catch (error) {
          if (aborted.aborted) throw error
          failures += 1
          problem = problemOf(error)
          found.push(...batch.map(unreachable))
        }
      }
      return found
    },
    problem: () => problem,
  }
}

function notMapped(): Evidence {
  return unknownEvidence('not-mapped')
}

function unreachable(): Evidence {
  return unknownEvidence('unreachable')
}

/** `host-unreachable: 10.0.0.7:5432`, for the reader of a plan: a code that can be looked up, and the server's words. */
export function problemOf(error: unknown): string {
  if (!(error instanceof RedriveError)) return error instanceof Error ? error.message : String(error)
  const { reason, problem, server, table } = error.detail
  const words = [server, table, reason ?? problem].flatMap((one) =>
    one === undefined || one === '' ? [] : [plain(one)],
  )
  return words.length === 0 ? error.code : `${error.code}: ${words.join(', ')}`
}
