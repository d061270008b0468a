import { sayPlace } from '../../domain/chain/places.ts'
import { canonical, sha256 } from '../../domain/digest.ts'
import type { Json } from '../../domain/digest.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { comparePlaces } from './places.ts'
import type { PlacesReport, PlacesRequest } from './places.ts'
import { escaped, fields, STYLE } from './report-html.ts'

export interface PlacesRecord extends PlacesReport {
  readonly format: 'redrive-places/1'
  readonly id: string
  readonly source: string
  readonly environment: string
  readonly table: string
  /** Null: the whole outbox. */
  readonly chains: readonly string[] | null
  readonly operator: string
  readonly startedAt: string
  readonly endedAt: string
}

export interface SealedPlaces {
  readonly report: PlacesReport
  /** The text that the digest is of; the digest is in the journal. */
  readonly json: string
  readonly digest: string
  readonly html: string
}

/** Compares, and writes down in the journal what came of it. Throws as `comparePlaces` does; then nothing is written. */
export async function auditPlaces(
  context: { readonly ports: EnginePorts; readonly connections: Connections },
  request: PlacesRequest,
  moved: (messages: number) => void,
  signal: AbortSignal,
): Promise<SealedPlaces> {
  const { ports, connections } = context
  const { source, chains } = request
  const startedAt = ports.clock.now().toISOString()
  const { environment, outbox } = await connections.source(source)
  const report = await comparePlaces(context, request, moved, signal)
  const record: PlacesRecord = {
    format: 'redrive-places/1',
    id: ports.ids.next('places'),
    source,
    environment,
    table: outbox.table,
    chains,
    operator: ports.operator(),
    startedAt,
    endedAt: ports.clock.now().toISOString(),
    ...report,
  }
  const json = canonical(record as unknown as Json)
  const digest = sha256(json)
  const { verdict, stored, sent, consumed, byKind } = report
  const findings = Object.values(byKind).reduce((sum, count) => sum + count, 0)
  await ports.journal.append({
    action: 'audit-ended',
    operator: ports.operator(),
    source,
    subject: record.id,
    detail: { of: 'places', verdict, findings, stored, sent, consumed, digest },
  })
  return { report, json, digest, html: placesPage(record, digest) }
}

const VERDICT = {
  intact: 'Intact: what is stored was sent and consumed, each once and in order.',
  broken: 'Broken: the three places differ as below.',
  incomplete: 'Incomplete: of some messages it cannot be told whether they were consumed.',
} as const

/** One page that needs nothing else. Everything from the source and the receiver is escaped. */
function placesPage(record: PlacesRecord, digest: string): string {
  const { source, verdict, findings } = record
  const title = `Stored, sent and consumed: ${escaped(source)}`
  const list =
    findings.length === 0
      ? '<p>None.</p>'
      : `<table><thead><tr><th>Kind</th><th>Chain</th><th>Id</th><th>Message id</th><th>What it means</th></tr></thead><tbody>${findings
          .map(
            (one) =>
              `<tr><td>${one.kind}</td><td class="n">${escaped(one.chain ?? '-')}</td><td class="n">${escaped(one.id ?? '-')}</td>` +
              `<td class="n">${escaped(one.messageId)}</td><td>${escaped(sayPlace(one))}</td></tr>`,
          )
          .join('')}</tbody></table>`
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<meta name="viewport" content="width=device-width"><title>${title}</title>` +
    `<style>${STYLE}</style></head><body><h1>${title}</h1>` +
    `<p class="verdict ${verdict}">${VERDICT[verdict]}</p>${fields(facts(record, digest))}` +
    `<h2>Findings</h2>${list}</body></html>\n`
  )
}

function facts(record: PlacesRecord, digest: string): readonly (readonly [string, string])[] {
  const { chains, untold, positions } = record
  return [
    ['Outbox', `${record.table}, ${record.environment}`],
    ['Evidence', record.where],
    ['Scope', chains === null ? 'the whole outbox' : `${chains.length} chains: ${chains.join(', ')}`],
    ['Asked for by', record.operator],
    ['Begun and ended', `${record.startedAt} to ${record.endedAt}`],
    [
      'Messages',
      `${record.stored} stored, ${record.sent} sent, ${record.consumed} consumed, ${record.onTheWay} on the way`,
    ],
    [
      'Cannot be told',
      untold.map(({ reason, count }) => `${count} ${reason}`).join(', ') || 'none of the sent ones',
    ],
    [
      'The receiver stands',
      positions.map(({ chain, position }) => `at ${position} in ${chain}`).join(', ') || '-',
    ],
    ['Remarks', record.remarks.join(' ') || '-'],
    ['Digest (SHA-256, in the journal)', digest],
  ]
}
