import { RedriveError } from '../../domain/errors.ts'
import type { Confirmation } from '../../domain/mapping/confirmation.ts'
import { refusable } from '../../domain/mapping/mapping.ts'
import { refusalOf } from '../../domain/mapping/refusals.ts'
import type { SurveyedTable } from '../../domain/mapping/surveyed.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { changedSince, confirmSeen } from './confirming.ts'
import type { Looked, MappingParts, MappingPreview } from './looked.ts'
import { detectOutboxes } from './detect.ts'
import type { Candidate } from './detect.ts'
import { digestToConfirm, requireConfirmed } from './gate.ts'
import { lookThrough, whyNotSafe } from './preview.ts'
import { saveMapping, withMapping } from './saving.ts'
import type { MappingDraft, SaveMapping } from './saving.ts'

/** From a database that nobody knows to a mapping that an operator has confirmed. */
export interface Mappings {
  /** `table` null: all of them. */
  detect(source: string, table: string | null, signal: AbortSignal): Promise<readonly Candidate[]>
  tables(source: string, signal: AbortSignal): Promise<readonly SurveyedTable[]>
  /**
   * `draft` null: as the source is. Looks at the tables as they are now; where an open connection still knows them
   * otherwise, it is closed, and the source is read-only.
   */
  preview(source: string, draft: MappingDraft | null, signal: AbortSignal): Promise<MappingPreview>
  /** Makes a draft the source's mapping. Throws `mapping-invalid`, `mapping-unsafe`, `mapping-digest-mismatch`. */
  save(request: SaveMapping, signal: AbortSignal): Promise<Confirmation | null>
  /** Looks again. Throws `mapping-digest-mismatch`, `mapping-unsafe`. */
  confirm(source: string, digest: string, signal: AbortSignal): Promise<Confirmation>
  /** Throws `mapping-unconfirmed`; says nothing of a source that cannot be looked at. */
  requireConfirmed(source: string, signal: AbortSignal): Promise<void>
}

export function createMappings(parts: MappingParts): Mappings {
  const { ports, connections, changes } = parts
  const digestOf = async (source: string, outbox: Outbox): Promise<string | null> =>
    digestToConfirm(ports, outbox, (await connections.source(source)).url)

  const look = async (source: string, draft: MappingDraft | null, signal: AbortSignal): Promise<Looked> => {
    const saved = await connections.source(source)
    const config =
      draft === null ? saved : withMapping(saved, draft.table, ports.mapping.texts.parse(draft.mapping))
    return connections.aside(
      source,
      config,
      (outbox) => lookAt(ports, { source, url: config.url }, outbox, signal),
      signal,
    )
  }

  const preview = async (
    source: string,
    draft: MappingDraft | null,
    signal: AbortSignal,
  ): Promise<MappingPreview> => {
    const looked = await look(source, draft, signal)
    if (draft === null && (await connections.dropWhereNot(source, looked.shape))) {
      await parts.locks.lock(source)
      changes.bump()
    }
    return looked.preview
  }

  return {
    preview,
    detect: (source, table, signal) => detectOutboxes(ports, connections, { source, table }, signal),
    async tables(source, signal) {
      const survey = await connections.survey(source, signal)
      return survey.tables(signal).finally(() => survey.close())
    },
    save: (request, signal) => saveMapping(parts, look, request, signal),
    async confirm(source, digest, signal) {
      const seen = await look(source, null, signal)
      if (seen.preview.digest !== digest) {
        const now = seen.preview.digest ?? '-'
        throw new RedriveError('mapping-digest-mismatch', 'never', { source, digest: now })
      }
      const confirmation = await confirmSeen(ports, seen, digest)
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

async function lookAt(
  ports: EnginePorts,
  { source, url }: { readonly source: string; readonly url: string },
  outbox: Outbox,
  signal: AbortSignal,
): Promise<Looked> {
  const { mapping, shape } = outbox
  const { table } = await outbox.report(signal)
  const digest = digestToConfirm(ports, outbox, url)
  const seen = await lookThrough(outbox, signal)
  const confirmed = digest === null ? null : await ports.mapping.confirmations.confirmed(source, digest)
  const before =
    digest === null || confirmed !== null ? null : await changedSince(ports, source, { mapping, shape })
  const refusals = refusable.flatMap((action) => {
    const refusal = refusalOf(mapping, action)
    return refusal === null ? [] : [{ action, ...refusal }]
  })
  const preview = {
    ...{ source, table, profile: mapping.profile, mapping, digest, confirmed, before },
    ...{ unsafe: whyNotSafe(seen), refusals, ...seen },
  }
  return { preview, shape }
}
