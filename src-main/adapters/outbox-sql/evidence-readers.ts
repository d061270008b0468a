import type { DedupeFacts } from '../../domain/dedupe/facts.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { TableEvidence } from '../../domain/workspace.ts'
import type { EvidenceReader } from '../../ports/evidence.ts'
import { nameOf } from './catalogue.ts'
import type { Catalogue, Catalogues } from './catalogue.ts'
import { newCompiler } from './compiler.ts'
import type { Compiler } from './compiler.ts'
import { columnsOfCompanion, columnsOfConfig, companionAlone, tableFacts } from './dedupe.ts'
import type { ReadBuild } from './dedupe.ts'
import type { Dialect } from './dialect.ts'
import {
  inboxMapping,
  lookInCompanion,
  lookInTable,
  positionsMapping,
  readPositions,
  walkTable,
} from './evidence.ts'
import type { EvidenceParts } from './evidence.ts'
import { serverTime } from './reporting.ts'
import type { Read } from './statement.ts'

/** Judge of stuck rows, which a receiver's table has none of. */
const LIMITS = { stuckAfterSec: 0, attemptsMax: 0 }

/** A database of its own connection. */
export interface EvidenceServer {
  readonly dialect: Dialect
  readonly session: { readonly read: Read }
  /** A table by its name as the configuration writes it. Throws RedriveError `table-missing`, `workspace-invalid`. */
  table(text: string): Promise<Catalogue>
  readonly build: ReadBuild
  close(): Promise<void>
}

/** What a receiver's table in a database of its own says. */
export async function evidenceOf(
  server: EvidenceServer,
  of: {
    readonly config: TableEvidence
    readonly address: { readonly database: string; readonly host: string }
  },
  signal: AbortSignal,
): Promise<EvidenceReader> {
  const { config, address } = of
  const inbox = await server.table(config.table)
  const parts = { session: server.session, sql: compilerOf(server, inboxMapping(config), inbox) }
  return {
    where: `${nameOf(inbox)} (${address.database} @ ${address.host})`,
    look: (requests, aborted) => lookInTable(parts, { config, requests }, aborted),
    walk: (page, aborted) => walkTable(parts, config, page, aborted),
    positions: await positionsOf(server, config, signal),
    async dedupe(aborted) {
      const build = await server.build(inbox, aborted)
      const { processed, retentionSec } = config
      const found = columnsOfConfig(config)
      return { ...(await tableFacts({ ...parts, build, found, processed }, aborted)), retentionSec }
    },
    clock: (aborted) => serverTime(parts, aborted),
    close: () => server.close(),
  }
}

async function positionsOf(
  server: EvidenceServer,
  { positions }: TableEvidence,
  signal: AbortSignal,
): Promise<EvidenceReader['positions']> {
  if (positions === undefined) return null
  const sql = compilerOf(server, positionsMapping(positions), await server.table(positions.table))
  const parts = { session: server.session, sql, column: positions.position }
  // Asked once now, so that a wrong name is told when the table is opened and not in the middle of an audit.
  await readPositions(parts, [], signal)
  return (chains, aborted) => readPositions(parts, chains, aborted)
}

function compilerOf({ dialect }: EvidenceServer, mapping: Mapping, own: Catalogue): Compiler {
  return newCompiler(dialect, mapping, { own, more: [], companions: new Map() }, LIMITS)
}

/** What the mapping's companion says; null where it names none. It lives and ends with the outbox's session. */
export function companionEvidence(
  parts: EvidenceParts & { readonly mapping: Mapping },
  catalogues: Catalogues,
  build: ReadBuild,
): EvidenceReader | null {
  const { companions } = catalogues
  const companion = parts.mapping.evidence?.companion
  const catalogue = companion === undefined ? undefined : companions.get(companion)
  if (companion === undefined || catalogue === undefined) return null
  return {
    where: nameOf(catalogue),
    look: (requests, signal) => lookInCompanion(parts, { companion, requests }, signal),
    walk: null,
    positions: null,
    dedupe: (signal) => companionFacts(parts, { companions, catalogue, companion, build }, signal),
    clock: (signal) => serverTime(parts, signal),
    close: () => Promise.resolve(),
  }
}

async function companionFacts(
  { session, sql, mapping }: EvidenceParts & { readonly mapping: Mapping },
  of: {
    readonly companions: Catalogues['companions']
    readonly catalogue: Catalogue
    readonly companion: string
    readonly build: ReadBuild
  },
  signal: AbortSignal,
): Promise<DedupeFacts> {
  const { companions, catalogue: own } = of
  const on = mapping.companions?.[of.companion]?.on
  const found = on === undefined ? null : columnsOfCompanion(on)
  const build = await of.build(own, signal)
  const alone =
    found === null
      ? sql
      : newCompiler(
          sql.dialect,
          companionAlone(mapping, found, inboxMapping),
          { own, more: [], companions },
          LIMITS,
        )
  const { processed, retentionSec } = mapping.evidence ?? {}
  const facts = await tableFacts({ session, sql: alone, build, found, processed }, signal)
  return { ...facts, ...(retentionSec === undefined ? {} : { retentionSec }) }
}
