import { sayReplica } from '../../domain/chain/say-replica.ts'
import { sayFinding } from '../../domain/chain/say.ts'
import type { AuditReport } from './report.ts'

export const STYLE = `
body{font:15px/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd}
thead{display:table-header-group}tr{break-inside:avoid}
code,td.n{font-family:ui-monospace,monospace;overflow-wrap:anywhere}
.verdict{font-size:1.25rem;font-weight:600;margin:.5rem 0;padding:.5rem 1rem;border:2px solid;display:inline-block}
.intact{color:#14622c}.broken{color:#a3141f}.incomplete{color:#7a4b00}
@media print{body{margin:0;max-width:none}}
@page{margin:18mm}`

const VERDICT = {
  intact: 'Intact: every message of the scope follows the one before it.',
  broken: 'Broken: the chains have the faults below.',
  incomplete: 'Incomplete: this audit does not say that the chains are intact.',
} as const

/** One page that needs nothing else: no script, no picture, nothing fetched. Everything from the source is escaped. */
export function reportPage(report: AuditReport, digest: string): string {
  const { findings, findingsDropped, verdict } = report
  const dropped = findingsDropped > 0 ? `<p>${findingsDropped} more were counted and not kept.</p>` : ''
  const list =
    findings.length === 0
      ? '<p>None.</p>'
      : `<table><thead><tr><th>No.</th><th>Kind</th><th>Chain</th><th>Id</th><th>Previous id</th><th>What it means</th></tr></thead><tbody>${findings
          .map(
            (one) =>
              `<tr><td class="n">${one.seq}</td><td>${one.kind}</td><td class="n">${escaped(one.chain)}</td>` +
              `<td class="n">${escaped(one.id)}</td><td class="n">${escaped(one.previousId ?? '-')}</td>` +
              `<td>${escaped(sayFinding(one))}</td></tr>`,
          )
          .join('')}</tbody></table>`
  return (
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
    `<meta name="viewport" content="width=device-width"><title>Chain audit of ${escaped(report.source)}</title>` +
    `<style>${STYLE}</style></head><body><h1>Chain audit of ${escaped(report.source)}</h1>` +
    `<p class="verdict ${verdict}">${VERDICT[verdict]}</p>${fields(facts(report, digest))}` +
    `<h2>Findings</h2>${list}${dropped}</body></html>\n`
  )
}

function facts(report: AuditReport, digest: string): readonly (readonly [string, string])[] {
  const { scope, horizon, method, byKind, byHole, trouble, pace } = report
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  return [
    ['Audit', report.audit],
    ['Outbox', `${report.table}, ${report.environment}`],
    ['Scope', scopeWords(scope)],
    ['Asked for by', `${report.operator} (${report.trigger})`],
    ['Begun and ended', `${report.startedAt} to ${report.endedAt}`],
    [
      'Read',
      `${report.messages} messages in ${report.chains} chains, ${report.suspicious} chains one by one`,
    ],
    ['Faults', counts(byKind)],
    ['Missing messages', counts(byHole)],
    [
      'Horizon',
      horizon === null ? '-' : `${horizon.at}, snapshot ${horizon.snapshot}, ids to ${horizon.maxId ?? '-'}`,
    ],
    [
      'Method',
      method === null ? '-' : `by ${method.reading}, ${pace.workers} at a time, ${pace.pauseMs} ms rest`,
    ],
    ['Read on', method?.replica ? sayReplica(method.replica) : method === null ? '-' : 'the source'],
    [
      'Temporary files',
      method?.tempBytes === undefined ? '-' : `${method.tempBytes ?? '-'} bytes in the database meanwhile`,
    ],
    ['Remarks', method?.remarks.join(' ') || '-'],
    ['Trouble', trouble === null ? '-' : `${trouble.code}: ${trouble.reason}`],
    ['Digest (SHA-256, in the journal)', digest],
  ]
}

function scopeWords(scope: AuditReport['scope']): string {
  if (scope.kind === 'all') return 'the whole outbox'
  if (scope.kind === 'new') return 'what is new since the audit before'
  if (scope.kind === 'since') return `messages above id ${scope.id}`
  return `${scope.chains.length} chains: ${scope.chains.join(', ')}`
}

export function fields(rows: readonly (readonly [string, string])[]): string {
  const cells = rows.map(([name, value]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`)
  return `<table>${cells.join('')}</table>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters stay visible: a chain's key is anybody's text. */
export function escaped(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (char) =>
      JSON.stringify(char).slice(1, -1),
    )
    .replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '')
}
