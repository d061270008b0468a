import { RedriveError } from '../../domain/errors.ts'
import type { Confirmation } from '../../domain/mapping/confirmation.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Changes } from '../changes.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { detectOutboxes } from './detect.ts'
import type { Candidate } from './detect.ts'
import { digestToConfirm, requireConfirmed } from './gate.ts'
import { lookThrough, shownActions, whyNotSafe } from './preview.ts'
import type { Seen, Unsafe } from './preview.ts'

export interface MappingPreview extends Seen {
  readonly source: string
  readonly table: string
  readonly profile: string
  readonly mapping: Mapping
  /** What a confirmation names; null: Redrive's own layout, which needs none. */
  readonly digest: string | null
  readonly confirmed: Confirmation | null
  /** Why it cannot be confirmed. */
  readonly unsafe: readonly Unsafe[]
}

/** From a database that nobody knows to a mapping that an operator has confirmed. */
export interface Mappings {
  detect(source: string, signal: AbortSignal): Promise<readonly Candidate[]>
  preview(source: string, signal: AbortSignal): Promise<MappingPreview>
  /** Looks again. Throws `mapping-digest-mismatch`, `mapping-unsafe`. */
  confirm(source: string, digest: string, signal: AbortSignal): Promise<Confirmation>
  /** Throws `mapping-unconfirmed`; says nothing of a source that cannot be looked at. */
  requireConfirmed(source: string, signal: AbortSignal): Promise<void>
}

export function createMappings(ports: EnginePorts, connections: Connections, changes: Changes): Mappings {
  const { confirmations } = ports.mapping
  const digestOf = async (source: string, outbox: Outbox): Promise<string | null> =>
    digestToConfirm(ports, outbox, (await connections.source(source)).url)

  const preview = (source: string, signal: AbortSignal): Promise<MappingPreview> =>
    connections.withOutbox(
      source,
      async (outbox) => {
        const { table } = await outbox.report(signal)
        const digest = await digestOf(source, outbox)
        const seen = await lookThrough(outbox, signal)
        const confirmed = digest === null ? null : await confirmations.confirmed(source, digest)
        const { mapping } = outbox
        return {
          ...{ source, table, profile: mapping.profile, mapping, digest, confirmed },
          ...{ unsafe: whyNotSafe(seen), ...seen },
        }
      },
      signal,
    )

  return {
    preview,
    detect: (source, signal) => detectOutboxes(ports, connections, source, signal),
    async confirm(source, digest, signal) {
      const shown = await preview(source, signal)
      if (shown.digest !== digest) {
        throw new RedriveError('mapping-digest-mismatch', 'never', { source, digest: shown.digest ?? '-' })
      }
      const [unsafe] = shown.unsafe
      if (unsafe !== undefined) throw new RedriveError('mapping-unsafe', 'never', { source, ...unsafe })
      const actions = shownActions(shown)
      const { operator } = ports
      const detail = { table: shown.table, profile: shown.profile, digest, actions: [...actions] }
      const confirmation = await confirmations.confirm(
        { source, digest, operator, actions },
        { action: 'mapping-confirmed', operator, source, subject: null, detail },
      )
      changes.bump()
      return confirmation
    },
    async requireConfirmed(source, signal) {
      const digest = await connections
        .withOutbox(source, (outbox) => digestOf(source, outbox), signal)
        .catch((error: unknown) => {
          // Nothing can be written there now, and each later write asks again.
          if (error instanceof RedriveError) return null
          throw error
        })
      if (digest !== null) await requireConfirmed(ports, { source, digest }, null)
    },
  }
}
