import { AUDITS_KEPT } from '../../domain/audit.ts'
import type { Audit, AuditMark, KeptFinding } from '../../domain/audit.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { AuditStore, AuditWatchStore, FindingQuery } from '../../ports/audit-store.ts'
import { auditOf, findingOf } from '../store-rows/audit-row.ts'
import type { AuditRow, FindingRow } from '../store-rows/audit-row.ts'
import type { Queries } from './database.ts'
import type { Ledger } from './ledger.ts'
import type { SqlValue } from './values.ts'

const SELECT = `SELECT audit, source, scope, pace, trigger, operator, started_at, ended_at, state, outcome, owner_host,
  owner_pid, owner_instance FROM audits`
const KEY = '(SELECT audit_key FROM audits WHERE audit = $1)'

const byId = (queries: Queries, id: string): Promise<AuditRow | undefined> =>
  queries.get<AuditRow>(`${SELECT} WHERE audit = $1`, id)

async function found(queries: Queries, id: string): Promise<Audit> {
  const row = await byId(queries, id)
  if (row) return auditOf(row)
  throw new RedriveError('audit-not-found', 'never', { audit: id })
}

async function insertFindings(
  queries: Queries,
  audit: string,
  findings: readonly KeptFinding[],
): Promise<void> {
  if (findings.length === 0) return
  await queries.run(
    `INSERT INTO audit_findings (audit_key, seq, kind, chain, id, previous_id, missing_to, hole)
     SELECT ${KEY}, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])`,
    audit,
    findings.map(({ seq }) => seq),
    findings.map(({ kind }) => kind),
    findings.map(({ chain }) => chain.toWellFormed()),
    findings.map(({ id }) => id),
    findings.map(({ previousId }) => previousId),
    findings.map(({ missingTo }) => missingTo),
    findings.map(({ hole }) => (hole === null ? null : JSON.stringify(hole))),
  )
}

export function openAudits(ledger: Ledger): AuditStore {
  return {
    begin: ({ owner, scope: chains, pace, audit, source, trigger, operator }, entries) =>
      ledger.transact(async (scope) => {
        await scope.run(
          `INSERT INTO audits (audit, source, scope, pace, trigger, operator, started_at, state, owner_host, owner_pid,
             owner_instance) VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9, $10)`,
          ...[audit, source, JSON.stringify(chains), JSON.stringify(pace), trigger, operator, scope.at],
          ...[owner.host, owner.pid, owner.instance],
        )
        await scope.run(
          `DELETE FROM audits WHERE source = $1 AND state <> 'running' AND audit_key <=
             (SELECT audit_key FROM audits WHERE source = $1 ORDER BY audit_key DESC LIMIT 1 OFFSET $2)`,
          source,
          AUDITS_KEPT,
        )
        entries.forEach(scope.record)
        return found(scope, audit)
      }),
    end: (id, { state, endedAt, outcome, findings, report, mark }, entries) =>
      ledger.transact(async (scope) => {
        const changed = await scope.run(
          `UPDATE audits SET state = $1, ended_at = $2, outcome = $3, report = $4 WHERE audit = $5 AND state = 'running'`,
          ...[state, endedAt, JSON.stringify(outcome), report, id],
        )
        const audit = await found(scope, id)
        if (changed !== 1) {
          throw new RedriveError('job-state-forbids', 'never', { job: id, state: audit.state, wanted: state })
        }
        await insertFindings(scope, id, findings)
        if (mark !== null) {
          await scope.run(
            `INSERT INTO audit_marks (source, outbox, read_to, intact_to, audit) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (source, outbox) DO UPDATE SET read_to = excluded.read_to, intact_to = excluded.intact_to,
               audit = excluded.audit`,
            ...[audit.source, mark.outbox, mark.readTo, mark.intactTo, id],
          )
        }
        entries.forEach(scope.record)
        return audit
      }),
    audit: async (id) => {
      const row = await ledger.look((queries) => byId(queries, id))
      return row ? auditOf(row) : null
    },
    audits: (query) => ledger.look((queries) => listAudits(queries, query)),
    findings: (id, query) => ledger.look((queries) => listFindings(queries, id, query)),
    damagedChains: (id, limit) => ledger.look((queries) => listChains(queries, id, limit)),
    report: async (id) => {
      const select = 'SELECT report FROM audits WHERE audit = $1'
      const row = await ledger.look((queries) => queries.get<{ report: string | null }>(select, id))
      return row?.report ?? null
    },
    running: async () => {
      const select = `${SELECT} WHERE state = 'running' ORDER BY audit_key`
      return (await ledger.look((queries) => queries.all<AuditRow>(select))).map((row) => ({
        audit: auditOf(row),
        owner: { host: row.ownerHost, pid: row.ownerPid, instance: row.ownerInstance },
      }))
    },
  }
}

export function openAuditWatches(ledger: Ledger): AuditWatchStore {
  return {
    mark: async (source, outbox) => {
      const select = 'SELECT read_to, intact_to FROM audit_marks WHERE source = $1 AND outbox = $2'
      return (await ledger.look((queries) => queries.get<AuditMark>(select, source, outbox))) ?? null
    },
    watches: () =>
      ledger.look((queries) =>
        queries.all<{ source: string; everySec: number }>(
          'SELECT source, every_sec FROM audit_watches ORDER BY source',
        ),
      ),
    setWatch: (source, everySec, entry) =>
      ledger.transact(async ({ record, run }) => {
        if (everySec === null) await run('DELETE FROM audit_watches WHERE source = $1', source)
        else {
          await run(
            `INSERT INTO audit_watches (source, every_sec) VALUES ($1, $2)
             ON CONFLICT (source) DO UPDATE SET every_sec = excluded.every_sec`,
            source,
            everySec,
          )
        }
        record(entry)
      }),
  }
}

async function listAudits(
  queries: Queries,
  { source, before, limit }: Parameters<AuditStore['audits']>[0],
): Promise<readonly Audit[]> {
  const rows = await queries.all<AuditRow>(
    `${SELECT} WHERE ($1::text IS NULL OR source = $1)
       AND ($2::text IS NULL OR audit_key < (SELECT audit_key FROM audits WHERE audit = $2))
     ORDER BY audit_key DESC LIMIT $3`,
    source ?? null,
    before,
    limit,
  )
  return rows.map(auditOf)
}

async function listFindings(
  queries: Queries,
  audit: string,
  query: FindingQuery,
): Promise<readonly KeptFinding[]> {
  const terms = [`audit_key = ${KEY}`, 'seq > $2']
  const values: SqlValue[] = [audit, query.afterSeq]
  if (query.chain !== undefined) terms.push(`chain = $${values.push(query.chain)}`)
  if (query.kinds !== undefined) terms.push(`kind = ANY($${values.push(query.kinds)}::text[])`)
  const rows = await queries.all<FindingRow>(
    `SELECT seq, kind, chain, id, previous_id, missing_to, hole FROM audit_findings
     WHERE ${terms.join(' AND ')} ORDER BY seq LIMIT $${values.push(query.limit)}`,
    ...values,
  )
  return rows.map(findingOf)
}

async function listChains(
  queries: Queries,
  audit: string,
  limit: number,
): ReturnType<AuditStore['damagedChains']> {
  const chains = await queries.all<{ chain: string; findings: number }>(
    `SELECT chain, count(*) AS findings FROM audit_findings WHERE audit_key = ${KEY}
     GROUP BY chain ORDER BY findings DESC, chain LIMIT $2`,
    audit,
    limit,
  )
  const counted = await queries.get<{ total: number }>(
    `SELECT count(DISTINCT chain) AS total FROM audit_findings WHERE audit_key = ${KEY}`,
    audit,
  )
  return { chains, total: counted?.total ?? 0 }
}
