import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { ErrorCode } from '../../domain/errors.ts'
import type { BrokerState } from '../../ports/broker.ts'
import type { Clock } from '../../ports/surroundings.ts'
import type { Changes } from '../changes.ts'

export interface ConnectionHealth {
  readonly kind: 'source' | 'broker'
  readonly name: string
  readonly state: 'idle' | 'connecting' | 'connected' | 'blocked' | 'disconnected'
  readonly code: ErrorCode | null
  readonly reason: string | null
  readonly latencyMs: number | null
  readonly at: string
}

/** Codes that say something about the connection, not about the one request. */
const connectionCodes: ReadonlySet<ErrorCode> = new Set([
  'auth-failed',
  'host-unreachable',
  'database-unknown',
  'vhost-unknown',
  'tls-failed',
  'too-many-connections',
  'connection-lost',
  'secret-missing',
  'table-missing',
  'table-without-key',
  'column-missing',
  'no-profile-matches',
  'mapping-invalid',
  'mapping-drifted',
])

/** What is known of each connection from the calls that went over it. */
export interface HealthBoard {
  all(): readonly ConnectionHealth[]
  connecting(kind: ConnectionHealth['kind'], name: string): void
  connected(kind: ConnectionHealth['kind'], name: string, latencyMs: number | null): void
  failed(kind: ConnectionHealth['kind'], name: string, error: unknown): void
  broker(name: string, state: BrokerState): void
  forget(kind: ConnectionHealth['kind'], name: string): void
}

export function createHealthBoard(clock: Clock, changes: Changes): HealthBoard {
  const board = new Map<string, ConnectionHealth>()
  const set = (
    kind: ConnectionHealth['kind'],
    name: string,
    next: Pick<ConnectionHealth, 'state'> & Partial<ConnectionHealth>,
  ): void => {
    const key = `${kind} ${name}`
    const before = board.get(key)
    const health = {
      kind,
      name,
      code: null,
      reason: null,
      latencyMs: before?.latencyMs ?? null,
      at: clock.now().toISOString(),
      ...next,
    }
    board.set(key, health)
    // Another latency is no news: every page would ask all its questions again, at every look at a connection.
    if (before?.state !== health.state || before.code !== health.code) changes.bump()
  }
  return {
    all: () => [...board.values()],
    connecting: (kind, name) => set(kind, name, { state: 'connecting' }),
    connected: (kind, name, latencyMs) =>
      set(kind, name, latencyMs === null ? { state: 'connected' } : { state: 'connected', latencyMs }),
    failed(kind, name, error) {
      if (!(error instanceof RedriveError) || !connectionCodes.has(error.code)) {
        // It could not be opened for another reason, which its asker is told: nothing is being connected any more.
        if (board.get(`${kind} ${name}`)?.state === 'connecting') set(kind, name, { state: 'idle' })
        return
      }
      set(kind, name, {
        state: 'disconnected',
        code: error.code,
        reason: plain(error.detail['reason'] ?? ''),
        latencyMs: null,
      })
    },
    broker(name, state) {
      const reason = 'reason' in state ? state.reason : null
      const code =
        state.state === 'blocked'
          ? 'broker-blocked'
          : state.state === 'disconnected'
            ? 'connection-lost'
            : null
      set('broker', name, { state: state.state, code, reason })
    },
    forget(kind, name) {
      board.delete(`${kind} ${name}`)
      changes.bump()
    },
  }
}
