import { replicaUses } from '../../../../src-preload/contract/audits.ts'
import type { Audit, AuditScope } from '../../../../src-preload/contract/audits.ts'
import { sayReplica } from '../../../domain/chain/say-replica.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { operand } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { sourceOption } from '../options.ts'
import type { Output } from '../output.ts'
import { writePlanFile } from '../plan-file.ts'
import { writeReport } from '../report-file.ts'
import { auditPlaces } from './places.ts'
import { auditEvents } from './audit-events.ts'
import { auditIds } from './audit-ids.ts'

const FINDINGS_PAGE = 1_000
const PAUSE_MS_MAX = 10_000
const LIMIT_SEC_MAX = 86_400
const WORKERS_DEFAULT = 2
const PAUSE_MS_DEFAULT = 20
const LIMIT_SEC_DEFAULT = 3_600

export const audit: Command = {
  words: ['audit'],
  summary: 'Looks for missing, forked, disordered and duplicate messages in the chains; reads only',
  operands: [],
  options: {
    source: sourceOption,
    chain: { kind: 'list', value: 'KEY...', help: 'only these chains' },
    since: { kind: 'text', value: 'ID', help: 'only messages with a greater id' },
    new: { kind: 'flag', help: 'only what is new since the last audit' },
    places: { kind: 'flag', help: 'compares stored, sent and consumed instead, where evidence is mapped' },
    html: { kind: 'text', value: 'FILE', help: 'with --places: also a report to print, a new file' },
    workers: { kind: 'text', value: '1|2', help: `connections that read at a time (${WORKERS_DEFAULT})` },
    pause: { kind: 'text', value: 'MS', help: `rest between two statements (${PAUSE_MS_DEFAULT})` },
    limit: { kind: 'text', value: 'SEC', help: `ends as incomplete after so long (${LIMIT_SEC_DEFAULT})` },
    replica: {
      kind: 'text',
      value: replicaUses.join('|'),
      help: 'where the long reading is done, if the source names a replica (if-current, else on the source)',
    },
    ids: {
      kind: 'flag',
      help: 'looks at the ids as an id service made them: clock steps, duplicates, unused ranges',
    },
    fingerprints: { kind: 'flag', help: 'looks for business events that are stored under two message ids' },
  },
  async run(context) {
    const { args, engine } = context
    if (args.flag('places')) return auditPlaces(context)
    if (args.text('html') !== null)
      throw usageError('--html goes with --places; otherwise: redrive audit report AUDIT --html FILE.')
    const source = args.required('source')
    if (args.flag('fingerprints')) return auditEvents(context, source)
    if (args.flag('ids')) return auditIds(context, source)
    const scope = scopeOf(args)
    const pace = {
      workers: args.choice('workers', ['1', '2']) === '1' ? (1 as const) : (2 as const),
      pauseMs: args.integer('pause', { min: 0, max: PAUSE_MS_MAX }) ?? PAUSE_MS_DEFAULT,
      limitSec: args.integer('limit', { min: 1, max: LIMIT_SEC_MAX }) ?? LIMIT_SEC_DEFAULT,
      replica: args.choice('replica', replicaUses) ?? 'if-current',
    }
    const client = await engine()
    const begun = await client.audits.start({ source, scope, pace })
    const ended = await follow(context, client, begun)
    await printFindings(context.output, client, ended)
    report(context.output, ended)
    return codeOf(ended)
  },
}

function scopeOf(args: Arguments): AuditScope {
  const chains = args.list('chain')
  const since = args.text('since')
  if (Number(chains.length > 0) + Number(since !== null) + Number(args.flag('new')) > 1) {
    throw usageError('Give --chain, --since or --new, and only one of them.')
  }
  if (chains.length > 0) return { kind: 'chains', chains: [...new Set(chains)] }
  if (since !== null) return { kind: 'since', id: since }
  return args.flag('new') ? { kind: 'new' } : { kind: 'all' }
}

/** To its end. A signal cancels it, and it is still waited for: what it says then is that it is incomplete. */
async function follow(
  { output, signal }: CommandContext,
  client: EngineClient,
  begun: Audit,
): Promise<Audit> {
  const cancel = (): void => {
    output.remark('Cancelling…')
    client.audits
      .cancel({ audit: begun.audit })
      .catch((error: unknown) => output.remark(`Not cancelled: ${String(error)}`))
  }
  if (signal.aborted) cancel()
  else signal.addEventListener('abort', cancel, { once: true })
  try {
    let last = begun
    for await (const now of await client.audits.follow({ audit: begun.audit })) last = now
    return last
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function printFindings(output: Output, client: EngineClient, { audit: id }: Audit): Promise<void> {
  for (let afterSeq = 0; !output.closed();) {
    const { findings } = await client.audits.findings({ audit: id, afterSeq, limit: FINDINGS_PAGE })
    for (const { kind, chain, id: message, prevId, says } of findings) {
      output.record({ type: 'finding', kind, chain, id: message, prevId })
      output.line(`${kind.padEnd(11)}  ${says}`)
    }
    const last = findings.at(-1)
    if (!last) return
    afterSeq = last.seq
  }
}

function report(output: Output, audit: Audit): void {
  const { verdict, progress, findings, findingsDropped, trouble, method, source } = audit
  const { messages, chains } = progress
  if (method?.replica) output.remark(sayReplica(method.replica))
  for (const remark of method?.remarks ?? []) output.remark(remark)
  if (findingsDropped > 0) output.remark(`${findingsDropped} more findings were counted and not kept.`)
  if (trouble) {
    const { code, reason } = trouble
    output.remark(`The audit of ${source} did not come to its end: ${code}, ${reason}.`)
  }
  output.line(`${verdict ?? 'incomplete'}: ${messages} messages in ${chains} chains, ${findings} findings`)
  output.line(`  see: redrive audit report ${audit.audit} --html FILE`)
  output.record({ type: 'summary', verdict: verdict ?? 'incomplete', messages, chains, findings })
}

/** What was not read to its end proves nothing: a failure, whatever was found. */
function codeOf({ verdict }: Audit): ExitCode {
  if (verdict === 'intact') return EXIT.done
  return verdict === 'broken' ? EXIT.attention : EXIT.failed
}

export const auditReport: Command = {
  words: ['audit', 'report'],
  summary: 'The report of an audit that has ended, as JSON or as a page to print',
  operands: ['AUDIT'],
  options: {
    html: { kind: 'text', value: 'FILE', help: 'a new file to write; JSON on standard output without it' },
  },
  async run(context) {
    const { args, engine, output } = context
    const file = args.text('html')
    const client = await engine()
    const { json, digest, html, audit: id } = await client.audits.report({ audit: operand(context, 0) })
    if (file === null) {
      output.raw(json)
      return EXIT.done
    }
    await writeReport(file, html)
    output.object({ type: 'report', audit: id, digest, file }, { audit: id, digest, file })
    return EXIT.done
  },
}

export const auditList: Command = {
  words: ['audit', 'list'],
  summary: 'Audits, the newest first',
  operands: [],
  options: { source: sourceOption },
  async run({ args, engine, output }) {
    const source = args.text('source')
    const client = await engine()
    const page = await client.audits.list({ ...(source !== null && { source }), before: null, limit: LISTED })
    output.list(page.audits, [
      { title: 'AUDIT', cell: (one) => one.audit },
      { title: 'SOURCE', cell: (one) => one.source },
      { title: 'SCOPE', cell: (one) => one.scope.kind },
      { title: 'STARTED', cell: (one) => one.startedAt },
      { title: 'STATE', cell: (one) => one.state },
      { title: 'VERDICT', cell: (one) => one.verdict },
      { title: 'MESSAGES', cell: (one) => one.progress.messages, align: 'right' },
      { title: 'FINDINGS', cell: (one) => one.findings, align: 'right' },
    ])
    return EXIT.done
  },
}

const LISTED = 50

export const auditRepair: Command = {
  words: ['audit', 'repair'],
  summary: "Plans to resend what was not sent of a finding's chain, in order; touches nothing",
  operands: ['AUDIT', 'FINDING'],
  options: { out: { kind: 'text', value: 'FILE', help: 'plan file to write, for redrive run' } },
  async run(context) {
    const { args, engine, output } = context
    const seq = Number(operand(context, 1))
    if (!Number.isInteger(seq) || seq < 1) throw usageError('FINDING is the number of a finding: 1, 2, 3.')
    const client = await engine()
    const { says, ...repair } = await client.audits.repair({ audit: operand(context, 0), seq })
    output.record({ type: 'repair', ...repair, says })
    output.line(says)
    const out = args.text('out')
    if (repair.plan !== null) output.line(`plan: ${repair.plan}`)
    if (repair.plan !== null && out !== null)
      await writePlanFile(client, { plan: repair.plan, unmask: null }, out)
    return repair.gone === null ? EXIT.done : EXIT.attention
  },
}
