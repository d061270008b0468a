import type { CallbackConfig } from '../../domain/callback/config.ts'
import { isCaughtUp } from '../../domain/callback/state.ts'
import { judgeEvidence, unknownEvidence } from '../../domain/evidence.ts'
import type { Evidence } from '../../domain/evidence.ts'
import { EVIDENCE_BATCH_MAX } from '../../ports/evidence.ts'
import type { EvidenceRequest } from '../../ports/evidence.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { openReceiver, placeOf } from '../evidence/receiver.ts'

const SECOND_MS = 1_000

/** Where a receiver's confirmations are kept. */
export interface Confirmations {
  /** For a person: a table, or the callback service's store. */
  readonly where: string
  /** False: confirmations may be waiting in the broker, so that an absence proves nothing at present. */
  current(): Promise<boolean>
  /** `consumed`: confirmed. In the order of the requests. Throws where it cannot be asked. */
  look(requests: readonly EvidenceRequest[], signal: AbortSignal): Promise<readonly Evidence[]>
}

/** Runs `work` on the confirmations of a source: its table, or else what the callback service has stored. */
export async function withConfirmations<T>(
  { ports, connections }: { readonly ports: EnginePorts; readonly connections: Connections },
  { source, callback }: { readonly source: string; readonly callback: CallbackConfig },
  work: (confirmations: Confirmations) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { confirmations: evidence } = callback
  if (evidence === undefined) return work(storedConfirmations(ports, source, callback.retentionSec))
  const [config, { sources }] = [await connections.source(source), await connections.workspace()]
  const secretName = `sources.${source}.callback.confirmations`
  const reader = await openReceiver(ports, { name: source, config, evidence, sources, secretName }, signal)
  try {
    return await work({
      where: placeOf(evidence),
      current: async () => true,
      async look(requests, stop) {
        const found: Evidence[] = []
        for (let at = 0; at < requests.length; at += EVIDENCE_BATCH_MAX)
          found.push(...(await reader.look(requests.slice(at, at + EVIDENCE_BATCH_MAX), stop)))
        return found
      },
    })
  } finally {
    await reader.close()
  }
}

function storedConfirmations(
  { callbackStore, clock }: EnginePorts,
  source: string,
  retentionSec: number,
): Confirmations {
  return {
    where: 'callback service',
    current: async () => isCaughtUp(await (await callbackStore()).services.service(source), clock.now()),
    async look(requests) {
      const { reading, services } = await callbackStore()
      const service = await services.service(source)
      const now = clock.now().toISOString()
      const confirmed = await reading.confirmed(
        source,
        requests.map(({ messageId }) => messageId),
      )
      return requests.map(({ messageId, createdAt }) => {
        const at = confirmed.get(messageId)?.at ?? null
        if (at !== null)
          return judgeEvidence({ seen: 1, consumed: 1, consumedAt: at }, { createdAt, now }, {})
        // What was sent before anybody listened may have been confirmed unheard.
        if (service === null) return unknownEvidence('older-than-retention')
        const heardSec = (Date.parse(now) - Date.parse(service.since)) / SECOND_MS
        const kept = { retentionSec: Math.min(retentionSec, heardSec) }
        return judgeEvidence({ seen: 0, consumed: 0, consumedAt: null }, { createdAt, now }, kept)
      })
    },
  }
}
