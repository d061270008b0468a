import { audits as contract } from '../../src-preload/contract/audits.ts'
import type {
  Audit as AuditView,
  AuditFinding,
  ChainBlock,
  IdFindings,
  SameEvent,
  SameEvents,
} from '../../src-preload/contract/audits.ts'
import type { EventsSearched } from '../app/audit/search-events.ts'
import type { IdsSearched } from '../app/audit/search-ids.ts'
import type { ChainViewBlock } from '../app/audit/chain-view.ts'
import type { Engine } from '../app/engine.ts'
import type { Audit, KeptFinding } from '../domain/audit.ts'
import { sayFinding } from '../domain/chain/say.ts'
import { sayIdFinding } from '../domain/id-service.ts'
import { saySameEvent } from '../domain/same-event.ts'
import type { SameEvent as FoundEvent } from '../domain/same-event.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const FOLLOW_EVERY_MS = 250
const FOLLOW_AT_LEAST_MS = 5_000

export function auditRoutes(engine: Engine) {
  const { audits, auditWatching, ports, changes } = engine
  const os = implementer(engine, { audits: contract })
  return {
    start: os.audits.start.handler(async ({ input: { source, scope, pace } }) =>
      toApi(await audits.start({ source, scope, trigger: 'operator', ...(pace && { pace }) })),
    ),
    get: os.audits.get.handler(async ({ input }) => toApi(await audits.get(input.audit))),
    follow: os.audits.follow.handler(async function* ({ input, signal }) {
      const options = { everyMs: FOLLOW_EVERY_MS, atLeastMs: FOLLOW_AT_LEAST_MS, signal: required(signal) }
      yield* watch(
        async () => toApi(await audits.get(input.audit)),
        (audit) => audit.state !== 'running',
        { changes, clock: ports.clock, ...options },
      )
    }),
    cancel: os.audits.cancel.handler(async ({ input }) => toApi(await audits.cancel(input.audit))),
    list: os.audits.list.handler(async ({ input }) => ({ audits: (await audits.list(input)).map(toApi) })),
    findings: os.audits.findings.handler(async ({ input: { audit, ...query } }) => ({
      findings: (await audits.findings(audit, query)).map(findingView),
    })),
    chains: os.audits.chains.handler(async ({ input: { audit, limit } }) => {
      const { chains, total } = await audits.damagedChains(audit, limit)
      return { chains: [...chains], total }
    }),
    chain: os.audits.chain.handler(async ({ input, signal }) => {
      const view = await audits.view(input, required(signal))
      return { ...view, blocks: view.blocks.map(blockView), asOf: ports.clock.now().toISOString() }
    }),
    repair: os.audits.repair.handler(({ input, signal }) =>
      audits.repair(input.audit, input.seq, required(signal)),
    ),
    report: os.audits.report.handler(async ({ input }) => ({
      audit: input.audit,
      ...(await audits.report(input.audit)),
    })),
    events: os.audits.events.handler(async ({ input, signal }) => {
      const found = await audits.events(input, required(signal))
      return eventsView(input.source, ports.clock.now().toISOString(), found)
    }),
    ids: os.audits.ids.handler(async ({ input, signal }) => {
      const found = await audits.ids(input, required(signal))
      return idsView(input.source, ports.clock.now().toISOString(), found)
    }),
    watches: os.audits.watches.handler(async () => ({ watches: [...(await auditWatching.list())] })),
    watch: os.audits.watch.handler(async ({ input }) => ({
      watch: await auditWatching.set(input.source, input.everySec),
    })),
  }
}

function toApi({ scope, method, ...audit }: Audit): AuditView {
  return {
    ...audit,
    scope: scope.kind === 'chains' ? { ...scope, chains: [...scope.chains] } : scope,
    method: method && { ...method, remarks: [...method.remarks] },
  }
}

function eventsView(
  source: string,
  asOf: string,
  { messages, events, cut, windowSec }: EventsSearched,
): SameEvents {
  const verdict = events.length > 0 ? 'broken' : cut ? 'incomplete' : 'intact'
  return { source, asOf, windowSec, messages, verdict, events: events.map(eventView) }
}

function idsView(source: string, asOf: string, { findings, unseen, ...found }: IdsSearched): IdFindings {
  return {
    ...found,
    source,
    asOf,
    verdict: findings.length > 0 ? 'broken' : 'intact',
    findings: findings.map((finding) => ({ ...finding, says: sayIdFinding(finding) })),
    unseen: [...unseen],
  }
}

function eventView(event: FoundEvent): SameEvent {
  return {
    first: eventMessageView(event.first),
    again: eventMessageView(event.again),
    apartMs: event.apartMs,
    says: saySameEvent(event),
  }
}

function eventMessageView({ id, messageId, atMicros }: FoundEvent['first']) {
  return { id, messageId, at: new Date(Number(BigInt(atMicros) / 1_000n)).toISOString() }
}

function findingView({ previousId, ...finding }: KeptFinding): AuditFinding {
  return { ...finding, prevId: previousId, says: sayFinding({ previousId, ...finding }) }
}

function blockView({ message, ...block }: ChainViewBlock): ChainBlock {
  if (message === null) return { ...block, message }
  const { messageId, type, state, createdAt } = message
  return { ...block, message: { messageId, type, state, createdAt } }
}
