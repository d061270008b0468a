import { mappingDigest } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { OutboxReport } from '../../ports/outbox.ts'
import { openStates } from '../outbox-sql/indexed.ts'
import { REPORT_TIMEOUT_MS, latency, writtenColumns } from '../outbox-sql/reporting.ts'
import { mayWrite } from './connection.ts'
import type { Whole } from './parts.ts'

export async function reportOn(parts: Whole, signal: AbortSignal): Promise<OutboxReport> {
  const { session, mapping, catalogue } = parts
  const ask = async (text: string): Promise<string> => {
    const [row] = await session.read({ text, values: [] }, REPORT_TIMEOUT_MS, signal)
    return Object.values(row ?? {})[0] ?? ''
  }
  const served = parts.served()
  return {
    serverVersion: `SQLite ${await ask('select sqlite_version()')}`,
    role: 'primary',
    latencyMs: await latency(parts, signal),
    table: `${catalogue.schema}.${catalogue.table}`,
    profile: mapping.profile,
    mappingDigest: mappingDigest(mapping),
    privileges: {
      select: true,
      update: mayWrite(session.path) && writtenColumns(mapping).length > 0 && !catalogue.unwritable,
    },
    drift: await parts.drift.find(signal),
    // The connection that reads was opened so that it cannot write.
    readRoleCanWrite: false,
    indexed: openStates(mapping).every((state) => served.has(state)),
    facts: journalFacts(await ask('pragma journal_mode')),
  }
}

function journalFacts(mode: string): readonly Text[] {
  if (mode === 'wal') return [say('fact.sqlite-wal')]
  return [say('fact.sqlite-journal', { mode })]
}
