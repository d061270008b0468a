import { AUDITS_KEPT } from '../../domain/audit.ts'
import type { Audit, AuditMark, KeptFinding } from '../../domain/audit.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { AuditStore, AuditWatchStore, FindingQuery } from '../../ports/audit-store.ts'
import { auditOf, findingOf } from '../store-rows/audit-row.ts'
import type { AuditRow, FindingRow } from '../store-rows/audit-row.ts'
import type { Sqlite } from './database.ts'
import type { Ledger } from './ledger.ts'

const SELECT = `SELECT audit, source, scope, pace, trigger, operator, started_at AS startedAt, ended_at AS endedAt, state,
  outcome, owner_host AS ownerHost, owner_pid AS ownerPid, owner_instance AS ownerInstance FROM audits`
const KEY = `(SELECT audit_key FROM audits WHERE audit = ?)`

/** Compiled once. */
function prepare(db: Sqlite) {
  const insert = db.prepare<unknown[]>(
    `INSERT INTO audits (audit, source, scope, pace, trigger, operator, started_at, state, owner_host, owner_pid,
       owner_instance) VALUES (?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, ?)`,
  )
  const prune = db.prepare<[string, string, number]>(
    `DELETE FROM audits WHERE source = ? AND state <> 'running' AND audit_key <=
       (SELECT audit_key FROM audits WHERE source = ? ORDER BY audit_key DESC LIMIT 1 OFFSET ?)`,
  )
  const finish = db.prepare<unknown[]>(
    `UPDATE audits SET state = ?, ended_at = ?, outcome = ?, report = ? WHERE audit = ? AND state = 'running'`,
  )
  const addFinding = db.prepare<unknown[]>(
    `INSERT INTO audit_findings (audit_key, seq, kind, chain, id, previous_id, missing_to, hole)
     VALUES (${KEY}, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const mark = db.prepare<unknown[]>(
    `INSERT INTO audit_marks (source, outbox, read_to, intact_to, audit) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (source, outbox) DO UPDATE SET read_to = excluded.read_to, intact_to = excluded.intact_to,
       audit = excluded.audit`,
  )
  const byId = db.prepare<[string], AuditRow>(`${SELECT} WHERE audit = ?`)
  const running = db.prepare<[], AuditRow>(`${SELECT} WHERE state = 'running' ORDER BY audit_key`)
  const report = db.prepare<[string], { report: string | null }>('SELECT report FROM audits WHERE audit = ?')
  return { insert, prune, finish, addFinding, mark, byId, running, report }
}

export function openAudits(db: Sqlite, ledger: Ledger): AuditStore {
  const statements = prepare(db)
  const found = (id: string): Audit => {
    const row = statements.byId.get(id)
    if (row) return auditOf(row)
    throw new RedriveError('audit-not-found', 'never', { audit: id })
  }
  return {
    begin: async ({ owner, scope, pace, ...audit }, entries) =>
      ledger.transact(({ at, record }) => {
        const { host, pid, instance } = owner
        const texts = [JSON.stringify(scope), JSON.stringify(pace)]
        const head = [audit.audit, audit.source, ...texts, audit.trigger, audit.operator]
        statements.insert.run(...head, at, host, pid, instance)
        statements.prune.run(audit.source, audit.source, AUDITS_KEPT)
        entries.forEach(record)
        return found(audit.audit)
      }),
    end: async (id, { state, endedAt, outcome, findings, report, mark }, entries) =>
      ledger.transact(({ record }) => {
        const { changes } = statements.finish.run(state, endedAt, JSON.stringify(outcome), report, id)
        const audit = found(id)
        if (changes !== 1) {
          throw new RedriveError('job-state-forbids', 'never', { job: id, state: audit.state, wanted: state })
        }
        for (const one of findings) {
          const hole = one.hole === null ? null : JSON.stringify(one.hole)
          const { seq, kind, chain, previousId, missingTo } = one
          statements.addFinding.run(id, seq, kind, chain.toWellFormed(), one.id, previousId, missingTo, hole)
        }
        if (mark !== null) {
          statements.mark.run(audit.source, mark.outbox, mark.readTo, mark.intactTo, id)
        }
        entries.forEach(record)
        return audit
      }),
    audit: async (id) =>
      ledger.look(() => {
        const row = statements.byId.get(id)
        return row ? auditOf(row) : null
      }),
    audits: async (query) => ledger.look(() => listAudits(db, query)),
    findings: async (id, query) => ledger.look(() => listFindings(db, id, query)),
    damagedChains: async (id, limit) => ledger.look(() => listChains(db, id, limit)),
    report: async (id) => ledger.look(() => statements.report.get(id)?.report ?? null),
    running: async () =>
      ledger.look(() =>
        statements.running.all().map((row) => ({
          audit: auditOf(row),
          owner: { host: row.ownerHost, pid: row.ownerPid, instance: row.ownerInstance },
        })),
      ),
  }
}

export function openAuditWatches(db: Sqlite, ledger: Ledger): AuditWatchStore {
  const mark = db.prepare<[string, string], AuditMark>(
    'SELECT read_to AS readTo, intact_to AS intactTo FROM audit_marks WHERE source = ? AND outbox = ?',
  )
  const watches = db.prepare<[], { source: string; everySec: number }>(
    'SELECT source, every_sec AS everySec FROM audit_watches ORDER BY source',
  )
  const set = db.prepare<[string, number]>(
    `INSERT INTO audit_watches (source, every_sec) VALUES (?, ?)
     ON CONFLICT (source) DO UPDATE SET every_sec = excluded.every_sec`,
  )
  const drop = db.prepare<[string]>('DELETE FROM audit_watches WHERE source = ?')
  return {
    mark: async (source, outbox) => ledger.look(() => mark.get(source, outbox) ?? null),
    watches: async () => ledger.look(() => watches.all()),
    setWatch: async (source, everySec, entry) => {
      ledger.transact(({ record }) => {
        if (everySec === null) drop.run(source)
        else set.run(source, everySec)
        record(entry)
      })
    },
  }
}

function listAudits(db: Sqlite, query: Parameters<AuditStore['audits']>[0]): readonly Audit[] {
  const terms: string[] = []
  const values: string[] = []
  if (query.source !== undefined) {
    terms.push('source = ?')
    values.push(query.source)
  }
  if (query.before !== null) {
    terms.push(`audit_key < ${KEY}`)
    values.push(query.before)
  }
  const where = terms.length > 0 ? `WHERE ${terms.join(' AND ')}` : ''
  return db
    .prepare<unknown[], AuditRow>(`${SELECT} ${where} ORDER BY audit_key DESC LIMIT ?`)
    .all(...values, query.limit)
    .map(auditOf)
}

function listFindings(db: Sqlite, audit: string, query: FindingQuery): readonly KeptFinding[] {
  const terms = [`audit_key = ${KEY}`, 'seq > ?']
  const values: (string | number)[] = [audit, query.afterSeq]
  if (query.chain !== undefined) {
    terms.push('chain = ?')
    values.push(query.chain)
  }
  if (query.kinds !== undefined) {
    terms.push('kind IN (SELECT value FROM json_each(?))')
    values.push(JSON.stringify(query.kinds))
  }
  return db
    .prepare<unknown[], FindingRow>(
      `SELECT seq, kind, chain, id, previous_id AS previousId, missing_to AS missingTo, hole FROM audit_findings
       WHERE ${terms.join(' AND ')} ORDER BY seq LIMIT ?`,
    )
    .all(...values, query.limit)
    .map(findingOf)
}

function listChains(
  db: Sqlite,
  audit: string,
  limit: number,
): Awaited<ReturnType<AuditStore['damagedChains']>> {
  const chains = db
    .prepare<[string, number], { chain: string; findings: number }>(
      `SELECT chain, count(*) AS findings FROM audit_findings WHERE audit_key = ${KEY}
       GROUP BY chain ORDER BY findings DESC, chain LIMIT ?`,
    )
    .all(audit, limit)
  const counted = db
    .prepare<[string], { total: number }>(
      `SELECT count(DISTINCT chain) AS total FROM audit_findings WHERE audit_key = ${KEY}`,
    )
    .get(audit)
  return { chains, total: counted?.total ?? 0 }
}
