import { RedriveError } from '../../domain/errors.ts'
import { judgeEvidence, unknownEvidence } from '../../domain/evidence.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { LogEvidence } from '../../domain/workspace.ts'
import type { Broker } from '../../ports/broker.ts'
import type { EvidenceReader, EvidenceRequest } from '../../ports/evidence.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { RecordLog } from '../../ports/topics.ts'
import { unlessAborted } from '../unless-aborted.ts'
import { requireSpans } from './log-lanes.ts'
import { LogProofs } from './log-proofs.ts'
import { placeOf } from './receiver.ts'

export interface LogEvidenceOptions {
  readonly config: LogEvidence
  /** Asked at each look: it is opened when it is first needed, and may be another one by then. */
  readonly broker: () => Promise<Broker>
  readonly clock: Clock
}

/**
 * A topic or stream to which the receiver publishes what it has consumed. Reading it leaves nothing behind: no group, no
 * offset, no acknowledgement. Throws as reading a log does, and `not-a-stream` where the broker keeps no logs.
 */
export function openLogEvidence({ config, broker, clock }: LogEvidenceOptions): EvidenceReader {
  const proofs = new LogProofs(config)
  const where = placeOf(config)
  let turn: Promise<unknown> = Promise.resolve()
  const logOf = async (): Promise<RecordLog> => {
    const { topics, streams } = await broker()
    const log = topics ?? streams
    if (log === undefined)
      throw new RedriveError('not-a-stream', 'never', { queue: config.log, type: 'queue' })
    return log
  }
  const look = async (requests: readonly EvidenceRequest[], signal: AbortSignal): Promise<Evidence[]> => {
    signal.throwIfAborted()
    const storedMs = requests.map(({ createdAt }) => (createdAt === null ? NaN : Date.parse(createdAt)))
    await proofs.catchUp(
      await logOf(),
      storedMs.filter((ms) => !Number.isNaN(ms)),
      signal,
    )
    const now = clock.now().toISOString()
    return requests.map((request, at) =>
      judge(proofs, { ...request, storedMs: storedMs[at] ?? NaN }, { config, now }),
    )
  }
  return {
    where,
    // One after the other: what one has read, the next need not read again.
    look(requests, signal) {
      const answer = turn.then(() => look(requests, signal))
      turn = answer.catch(() => undefined)
      return unlessAborted(answer, signal)
    },
    walk: null,
    positions: null,
    async dedupe(signal) {
      await requireSpans((await logOf()).partitions(config.log, signal), config.log)
      return { kind: 'log', log: where, retentionSec: config.retentionSec }
    },
    clock: null,
    close: () => Promise.resolve(),
  }
}

function judge(
  proofs: LogProofs,
  { messageId, createdAt, storedMs }: EvidenceRequest & { readonly storedMs: number },
  { config, now }: { readonly config: LogEvidence; readonly now: string },
): Evidence {
  const sighting = proofs.sighting(messageId)
  if (sighting.consumed === 0) {
    if (Number.isNaN(storedMs)) return unknownEvidence('age-unknown')
    const doubt = proofs.doubt(messageId, storedMs)
    if (doubt !== null) return unknownEvidence(doubt)
  }
  return judgeEvidence(sighting, { createdAt, now }, config)
}
