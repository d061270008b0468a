import type { CallbackConfig } from '../../domain/callback/config.ts'
import { isCaughtUp, isRunning } from '../../domain/callback/state.ts'
import type { CallbackCounts, ParkedRecord, ServiceState } from '../../domain/callback/state.ts'
import type { AskResult, UpstreamAttempt } from '../../domain/callback/upstream.ts'
import type { Evidence } from '../../domain/evidence.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { Locks } from '../connections/locks.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { askByHand } from './by-hand.ts'
import type { AskRequest } from './by-hand.ts'
import { callbackOf } from './configured.ts'
import { withConfirmations } from './confirmations.ts'
import { callbackPlaces, CallbackService, declarePlaces } from './service.ts'
import type { CallbackOptions, CallbackPlaces } from './service.ts'
import { listUnconfirmed } from './unconfirmed.ts'
import type { UnconfirmedPage, UnconfirmedQuery } from './unconfirmed.ts'

export interface CallbackView {
  readonly source: string
  readonly callback: CallbackConfig
  /** Null: it has no callback service, or none has ever run on this machine. */
  readonly service: ServiceState | null
  readonly running: boolean
  /** No confirmation waits in the broker, as the service says. */
  readonly caughtUp: boolean
  readonly counts: CallbackCounts | null
}

export interface MessageConfirmation {
  readonly where: string
  readonly evidence: Evidence
  readonly resends: readonly UpstreamAttempt[]
}

/** Second confirmation, of all sources. */
export interface Callbacks {
  /** Those of the workspace that have one. */
  list(): Promise<readonly CallbackView[]>
  unconfirmed(query: UnconfirmedQuery, signal: AbortSignal): Promise<UnconfirmedPage>
  parked(source: string, before: number | null, limit: number): Promise<readonly ParkedRecord[]>
  /** Null: nobody waits for confirmations of this source. */
  message(
    source: string,
    message: { readonly id: string; readonly messageId: string; readonly createdAt: string | null },
    signal: AbortSignal,
  ): Promise<MessageConfirmation | null>
  ask(request: AskRequest, signal: AbortSignal): Promise<readonly (AskResult & { readonly id: string })[]>
  places(source: string, signal: AbortSignal): Promise<CallbackPlaces>
  declare(source: string, signal: AbortSignal): Promise<void>
  service(options: CallbackOptions): CallbackService
}

export function createCallbacks(parts: {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly locks: Locks
  readonly changes: Changes
}): Callbacks {
  const { ports, connections } = parts
  const view = async (source: string, callback: CallbackConfig): Promise<CallbackView> => {
    if (callback.listen === undefined)
      return { source, callback, service: null, running: false, caughtUp: false, counts: null }
    const { services, reading } = await ports.callbackStore()
    const service = await services.service(source)
    const now = ports.clock.now()
    const [running, caughtUp] = [isRunning(service, now), isCaughtUp(service, now)]
    return { source, callback, service, running, caughtUp, counts: await reading.counts(source) }
  }
  return {
    async list() {
      const { sources } = await connections.workspace()
      const views: CallbackView[] = []
      for (const [source, { callback }] of Object.entries(sources))
        if (callback !== undefined) views.push(await view(source, callback))
      return views
    },
    unconfirmed: (query, signal) => listUnconfirmed(parts, query, signal),
    async parked(source, before, limit) {
      await callbackOf(connections, source)
      return (await ports.callbackStore()).reading.parked(source, before, limit)
    },
    async message(source, message, signal) {
      const { callback } = await connections.source(source)
      if (callback === undefined) return null
      const resends =
        (await ports.upstream.attempts(source, [message.messageId])).get(message.messageId) ?? []
      return withConfirmations(
        parts,
        { source, callback },
        async (confirmations) => {
          const [evidence] = await confirmations.look([message], signal)
          return evidence === undefined ? null : { where: confirmations.where, evidence, resends }
        },
        signal,
      )
    },
    ask: (request, signal) => askByHand(parts, request, signal),
    places: (source, signal) => callbackPlaces(parts, source, signal),
    declare: (source, signal) => declarePlaces(parts, source, signal),
    service: (options) => new CallbackService(parts, options),
  }
}
