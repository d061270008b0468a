import { implement } from '@orpc/server'
import { audits, findingKind, holeKind } from '../../../src-preload/contract/audits.ts'
import type { Audit, AuditFinding, ChainBlock } from '../../../src-preload/contract/audits.ts'
import type { FakeAudit } from './fake-audit.ts'
import { changes } from './fake-changes.ts'
import { changed, iso, meet, refuse, sourceOf, type World } from './fake-world.ts'

const PACE = { workers: 1, pauseMs: 20, limitSec: 3_600 } as const
const none = <K extends string>(kinds: readonly K[]) =>
  Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<K, number>

/** Puts an audit in front of the others; a finished one unless it says otherwise. */
export function addAudit(
  world: World,
  source: string,
  { findings = [], ...more }: Partial<Omit<Audit, 'findings'>> & { findings?: readonly AuditFinding[] } = {},
): Audit {
  const at = iso(world.now())
  const byKind = none(findingKind.options)
  const byHole = none(holeKind.options)
  for (const { kind, hole } of findings) {
    byKind[kind] += 1
    if (hole !== null) byHole[hole.kind] += 1
  }
  const running = more.state === 'running'
  const verdict = findings.length > 0 ? ('broken' as const) : ('intact' as const)
  const audit: Audit = {
    audit: `audit-${world.audits.length + 1}`,
    source,
    scope: { kind: 'all' },
    pace: PACE,
    trigger: 'operator',
    operator: world.operator,
    startedAt: at,
    endedAt: running ? null : at,
    state: 'done',
    phase: running ? 'surveying' : null,
    progress: { messages: 1_200, messagesEstimate: 1_200, chains: 12, suspicious: findings.length },
    verdict: running ? null : verdict,
    findings: findings.length,
    byKind,
    byHole,
    findingsDropped: 0,
    method: running ? null : { reading: 'index', remarks: [], tempBytes: 1_500_000 },
    verifiedTo: null,
    digest: running ? null : 'd'.repeat(64),
    trouble: null,
    ...more,
  }
  world.audits.unshift({ audit, findings })
  changed(world)
  return audit
}

export function setAudit(world: World, id: string, change: Partial<Audit>): Audit {
  const kept = keptOf(world, id)
  kept.audit = { ...kept.audit, ...change }
  changed(world)
  return kept.audit
}

/** A finding of chain `a`; a lost message before 4 unless it says otherwise. */
export function finding(more: Partial<AuditFinding> = {}): AuditFinding {
  const lost = { kind: 'lost', reason: 'not-from-sequence', detail: { last: '9' } } as const
  const kind = more.kind ?? 'missing'
  return {
    seq: 1,
    kind,
    chain: 'a',
    id: '4',
    prevId: '3',
    missingTo: null,
    hole: kind === 'missing' ? lost : null,
    says: '',
    ...more,
  }
}

export function block(id: number, previous: number | null, link: ChainBlock['link'] = 'linked'): ChainBlock {
  const message = {
    messageId: `m-${id}`,
    type: 'OrderPaid',
    state: 'sent' as const,
    createdAt: '2026-11-21T10:00:00.000Z',
  }
  return { id: String(id), prevId: previous === null ? null : String(previous), message, link }
}

function keptOf(world: World, id: string): FakeAudit {
  return world.audits.find(({ audit }) => audit.audit === id) ?? refuse('audit-not-found', { audit: id })
}

function chainView(world: World, chain: string, around: string | null, sides: readonly [number, number]) {
  const all = world.chains.get(chain) ?? []
  const [before, after] = sides
  const earlier =
    around === null ? all.length - 1 : all.filter(({ id }) => BigInt(id) < BigInt(around)).length
  const from = Math.max(0, earlier - before)
  const to = Math.min(all.length, earlier + after + 1)
  return {
    blocks: all.slice(from, to),
    moreBefore: from > 0,
    moreAfter: to < all.length,
    asOf: iso(world.now()),
  }
}

/** The audits of a world: they end when a test says so. */
export function fakeAudits(world: World) {
  const os = implement(audits)
  return os.router({
    start: os.start.handler(async ({ input: { source, scope, pace = PACE } }) => {
      await meet(world, 'audits.start', source)
      sourceOf(world, source)
      return addAudit(world, source, { scope, pace, state: 'running' })
    }),
    get: os.get.handler(async ({ input }) => {
      await meet(world, 'audits.get', null)
      return keptOf(world, input.audit).audit
    }),
    follow: os.follow.handler(async function* ({ input, signal }): AsyncGenerator<Audit> {
      const news = changes(world, signal)
      while ((await news.next()).done !== true) {
        const { audit } = keptOf(world, input.audit)
        yield audit
        if (audit.state !== 'running') return
      }
    }),
    cancel: os.cancel.handler(async ({ input }) => {
      await meet(world, 'audits.cancel', null)
      const endedAt = iso(world.now())
      const end = { state: 'cancelled', verdict: 'incomplete', phase: null, endedAt } as const
      return setAudit(world, input.audit, end)
    }),
    list: os.list.handler(async ({ input: { source, before, limit } }) => {
      await meet(world, 'audits.list', source ?? null)
      const all = world.audits
        .map(({ audit }) => audit)
        .filter((one) => source === undefined || one.source === source)
      const from = before === null ? 0 : all.findIndex(({ audit }) => audit === before) + 1
      return { audits: all.slice(from, from + limit) }
    }),
    findings: os.findings.handler(async ({ input: { audit, kinds, chain, afterSeq, limit } }) => {
      await meet(world, 'audits.findings', null)
      const fitting = keptOf(world, audit).findings.filter(
        (one) =>
          one.seq > afterSeq &&
          (kinds === undefined || kinds.includes(one.kind)) &&
          (chain === undefined || one.chain === chain),
      )
      return { findings: fitting.slice(0, limit) }
    }),
    chains: os.chains.handler(async ({ input: { audit, limit } }) => {
      await meet(world, 'audits.chains', null)
      const groups = [...Map.groupBy(keptOf(world, audit).findings, ({ chain }) => chain)]
      const all = groups.map(([chain, { length }]) => ({ chain, findings: length }))
      all.sort((a, b) => b.findings - a.findings)
      return { chains: all.slice(0, limit), total: all.length }
    }),
    chain: os.chain.handler(async ({ input: { source, chain, around, before, after } }) => {
      await meet(world, 'audits.chain', source)
      return chainView(world, chain, around, [before, after])
    }),
    repair: os.repair.handler(async ({ input: { audit, seq } }) => {
      await meet(world, 'audits.repair', null)
      const found = keptOf(world, audit).findings.find((one) => one.seq === seq)
      return world.repair(found ?? refuse('finding-not-found', { audit, seq }))
    }),
    report: os.report.handler(async ({ input }) => {
      await meet(world, 'audits.report', null)
      const { audit, digest } = keptOf(world, input.audit).audit
      const text = JSON.stringify({ audit })
      return { audit, json: text, digest: digest ?? '', html: `<!doctype html><p>${text}</p>` }
    }),
    events: os.events.handler(async ({ input: { source } }) => {
      await meet(world, 'audits.events', source)
      const events = world.sameEvents.get(source) ?? refuse('fingerprint-not-set', { source })
      const verdict = events.length > 0 ? 'broken' : 'intact'
      return { source, asOf: iso(world.now()), windowSec: 60, messages: 1_200, verdict, events: [...events] }
    }),
    ids: os.ids.handler(({ input }) => refuse('chain-audit-unavailable', { source: input.source })),
    watches: os.watches.handler(() => ({ watches: [] })),
    watch: os.watch.handler(({ input }) => refuse('chain-not-mapped', { source: input.source })),
  })
}
