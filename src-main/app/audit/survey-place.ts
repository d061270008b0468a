import type { AuditReplica, ReplicaUse } from '../../domain/audit.ts'
import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { ChainReader, ChainReplica, SurveyRequest, SurveyTake } from '../../ports/chains.ts'

export interface SurveyPlaceOptions {
  readonly reader: ChainReader
  readonly use: ReplicaUse
  /** How long the replica is waited for, in milliseconds. */
  readonly replicaMs: number
  readonly request: SurveyRequest
  /** Forgets what was taken: the survey begins anew. */
  readonly afresh: () => void
  readonly take: SurveyTake
}

/**
 * Surveys on the replica where the source names one that has all that the primary had at the call, else on the source, and
 * says which. What a replica did not read to its end counts for nothing. Throws `replica-not-usable` where only the replica
 * was to be read; whatever else keeps the survey from its end is thrown too.
 */
export async function surveySomewhere(
  options: SurveyPlaceOptions,
  signal: AbortSignal,
): Promise<AuditReplica | null> {
  const { reader, use, afresh, request, take } = options
  if (use === 'only' && reader.replica === null)
    throw new RedriveError('replica-not-usable', 'never', {
      server: '-',
      reason: 'the source names no replica',
    })
  const replica =
    use === 'never' || reader.replica === null ? null : await onReplica(options, reader.replica, signal)
  if (replica?.used === true) return replica
  if (use === 'only') {
    const { server, trouble } = replica ?? { server: '-', trouble: null }
    const reason = trouble === null ? '-' : `${trouble.kind}, ${trouble.reason}`
    throw new RedriveError('replica-not-usable', 'later', {
      server,
      reason: `the replica ${server}: ${reason}`,
    })
  }
  afresh()
  await reader.survey(request, take, signal)
  return replica
}

async function onReplica(
  { replicaMs, afresh, request, take }: SurveyPlaceOptions,
  replica: ChainReplica,
  signal: AbortSignal,
): Promise<AuditReplica> {
  const { server } = replica
  const answer = await replica.current(replicaMs, signal)
  const { behindBytes, waitedMs, sameSystem } = answer
  const state = { server, behindBytes, waitedMs, sameSystem }
  if (!answer.current) return { ...state, used: false, trouble: answer.trouble }
  try {
    afresh()
    await answer.survey(request, take, signal)
    return { ...state, used: true, trouble: null }
  } catch (error) {
    if (signal.aborted || !(error instanceof RedriveError)) throw error
    const reason = `${error.code}, ${plain(error.detail['reason'] ?? '-')}`
    return { ...state, used: false, trouble: { kind: 'cut-off', reason } }
  } finally {
    await answer.close()
  }
}
