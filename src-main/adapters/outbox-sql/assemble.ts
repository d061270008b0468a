import type { HalfActionName, Mapping } from '../../domain/mapping/mapping.ts'
import type { ExplainedStatement } from '../../ports/explained.ts'
import type { DueRows } from '../../ports/due.ts'
import type { HalfRequest, HalfResult } from '../../ports/half-messages.ts'
import type { HandBackPreview, HandBackRequest, HandBackResult } from '../../ports/hand-back.ts'
import type {
  ClaimRequest,
  ClaimResult,
  MarkRequest,
  MarkResult,
  Outbox,
  OutboxReport,
  ResolveRequest,
  ResolveResult,
  UndoRequest,
} from '../../ports/outbox.ts'
import type { Drift } from './drift.ts'
import { listMessages, readLaterSent, readMessages } from './list.ts'
import { onMembers, writeOnMembers } from './members.ts'
import type { Whole } from './members.ts'
import type { LookParts } from './parts.ts'
import { serverTime } from './reporting.ts'
import { countMessages, groupMessages } from './tally.ts'

/** What differs in kind between servers: the writes, each on one table, and what a server tells of itself. */
export interface ServerWork<Parts extends LookParts> {
  report(whole: Whole<Parts>, signal: AbortSignal): Promise<OutboxReport>
  explain(whole: Whole<Parts>, signal: AbortSignal): Promise<readonly ExplainedStatement[]>
  claim(
    parts: Parts,
    requests: readonly ClaimRequest[],
    token: string,
    signal: AbortSignal,
  ): Promise<readonly ClaimResult[]>
  mark(
    parts: Parts,
    requests: readonly MarkRequest[],
    token: string,
    signal: AbortSignal,
  ): Promise<readonly MarkResult[]>
  resolve(
    parts: Parts,
    requests: readonly ResolveRequest[],
    signal: AbortSignal,
  ): Promise<readonly ResolveResult[]>
  undo(parts: Parts, requests: readonly UndoRequest[], signal: AbortSignal): Promise<readonly MarkResult[]>
  retry(
    parts: Parts,
    requests: readonly HandBackRequest[],
    signal: AbortSignal,
  ): Promise<readonly HandBackResult[]>
  preview(
    parts: Parts,
    action: 'retry' | 'resolve',
    requests: readonly HandBackRequest[],
    signal: AbortSignal,
  ): Promise<readonly HandBackPreview[]>
  decide(
    parts: Parts,
    action: HalfActionName,
    requests: readonly HalfRequest[],
    signal: AbortSignal,
  ): Promise<readonly HalfResult[]>
  /** On the outbox as a whole; one of several tables has no order of its rows, and refuses. */
  due(whole: Whole<Parts>): DueRows
}

type Looks = Pick<Outbox, 'shape' | 'chains' | 'events' | 'ids' | 'evidence' | 'stored'>

export interface Opened extends Looks {
  readonly drift: Drift
  /** Of all connections but those of `chains`, `events` and `ids`. */
  readonly close: () => Promise<void>
}

/** The port over one server's work. A table that is no longer as the mapping says is not written to. */
export function assembleOutbox<Parts extends LookParts>(
  whole: Whole<Parts>,
  work: ServerWork<Parts>,
  { drift, close, ...looks }: Opened,
): Outbox {
  const unchanged = async <Result>(signal: AbortSignal, write: () => Promise<Result>): Promise<Result> => {
    await drift.refuse(signal)
    return write()
  }
  const due = work.due(whole)
  return {
    mapping: whole.mapping,
    ...looks,
    ...readingOf(whole, work, due),
    ...writingOf(whole, work, unchanged),
    claimDue: (request, token, signal) => unchanged(signal, () => due.claimDue(request, token, signal)),
    expire: (requests, signal) => unchanged(signal, () => due.expire(requests, signal)),
    close: async () => {
      if (looks.chains !== 'unavailable') await looks.chains?.close()
      await looks.events?.close()
      await looks.ids?.close()
      await close()
    },
  }
}

type Reading =
  'report' | 'clock' | 'list' | 'count' | 'groups' | 'read' | 'laterSent' | 'exhausted' | 'explain'

function readingOf<Parts extends LookParts>(
  whole: Whole<Parts>,
  work: ServerWork<Parts>,
  due: DueRows,
): Pick<Outbox, Reading> {
  return {
    report: (signal) => work.report(whole, signal),
    clock: (signal) => serverTime(whole, signal),
    list: (query, signal) => listMessages(whole, query, signal),
    count: (filter, budgetMs, signal) => countMessages(whole, filter, budgetMs, signal),
    groups: (filter, by, budgetMs, signal) => groupMessages(whole, { filter, by, budgetMs }, signal),
    read: (ids, signal) => readMessages(whole, ids, signal),
    laterSent: (ids, signal) => readLaterSent(whole, ids, signal),
    exhausted: (rule, signal) => due.exhausted(rule, signal),
    explain: (signal) => work.explain(whole, signal),
  }
}

type Writing = 'claim' | 'mark' | 'resolve' | 'undo' | 'retry' | 'decide' | 'preview'
type Unchanged = <Result>(signal: AbortSignal, write: () => Promise<Result>) => Promise<Result>

function writingOf<Parts extends LookParts>(
  whole: Whole<Parts>,
  work: ServerWork<Parts>,
  unchanged: Unchanged,
): Pick<Outbox, Writing> {
  const on = <Request extends { readonly id: string }, Result extends { readonly id: string }>(
    requests: readonly Request[],
    signal: AbortSignal,
    run: (parts: Parts, mine: readonly Request[]) => Promise<readonly Result[]>,
    none: (id: string) => Result,
  ): Promise<readonly Result[]> => unchanged(signal, () => onMembers(whole, requests, run, none))
  const once: typeof on = (requests, signal, run, none) =>
    unchanged(signal, () => writeOnMembers(whole, requests, run, none))
  return {
    claim: (requests, token, signal) =>
      on<ClaimRequest, ClaimResult>(
        requests,
        signal,
        (member, mine) => work.claim(member, mine, token, signal),
        (id) => ({ id, claimed: false }),
      ),
    mark: (requests, token, signal) =>
      on<MarkRequest, MarkResult>(
        requests,
        signal,
        (member, mine) => work.mark(member, mine, token, signal),
        (id) => ({ id, marked: false }),
      ),
    resolve: (requests, signal) =>
      once<ResolveRequest, ResolveResult>(
        requests,
        signal,
        (member, mine) => work.resolve(member, mine, signal),
        (id) => ({ id, applied: false }),
      ),
    undo: (requests, signal) =>
      once<UndoRequest, MarkResult>(
        requests,
        signal,
        (member, mine) => work.undo(member, mine, signal),
        (id) => ({ id, marked: false }),
      ),
    retry: (requests, signal) =>
      once<HandBackRequest, HandBackResult>(
        requests,
        signal,
        (member, mine) => work.retry(member, mine, signal),
        (id) => ({ id, applied: false }),
      ),
    decide: (action, requests, signal) =>
      once<HalfRequest, HalfResult>(
        requests,
        signal,
        (member, mine) => work.decide(member, action, mine, signal),
        (id) => ({ id, applied: false }),
      ),
    preview: (action, requests, signal) =>
      on(requests, signal, (member, mine) => work.preview(member, action, mine, signal), leftAlone),
  }
}

/** A row of no table. */
function leftAlone(id: string): HandBackPreview {
  return { id, applied: false, before: {}, after: null, message: null, risks: [] }
}

/** What the source says where the layout does not: part of the mapping, so that a plan notices when it is changed. */
export function withLimit(mapping: Mapping, attemptsMax: number): Mapping {
  const { attempts } = mapping
  if (attempts === undefined || attempts.limit !== undefined) return mapping
  return { ...mapping, attempts: { ...attempts, limit: attemptsMax } }
}
