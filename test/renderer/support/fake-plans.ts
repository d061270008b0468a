import { createHash } from 'node:crypto'
import type { MessageDetail } from '../../../src-preload/contract/messages.ts'
import {
  ageBuckets,
  SKIPPED_SHOWN_MAX,
  type AgeBucket,
  type DryRun,
  type PlanDiff,
  type PlanEdit,
  type PlanRedirect,
  type PlanSelection,
  type PlanView,
} from '../../../src-preload/contract/plans.ts'
import { without } from '../../../src-renderer/ui/without.ts'
import { changesOf, patchText } from './fake-patch.ts'
import { evidenceOfPlan } from './fake-evidence.ts'
import { selected } from './fake-reads.ts'
import { iso, note, refuse, sourceOf, type FakePlan, type FakeSource, type World } from './fake-world.ts'
import type { FakeMessage } from './fake-message.ts'

const SAMPLE_ITEMS = 20
const RESENDABLE = ['pending', 'in-flight', 'retrying', 'failed']
const GROUPS_MAX = 20
const MISSING_EXCHANGE = 'reporting'

type Item = FakePlan['items'][number]
type Skip = PlanView['skipped'][number]

export interface PlanRequest {
  readonly source: string
  readonly selection: PlanSelection
  readonly edit?: PlanEdit | null
  readonly redirect?: PlanRedirect | null
  readonly includeConsumed?: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function wantedBy(world: World, source: FakeSource, selection: PlanSelection): FakeMessage[] {
  if (selection.kind === 'filter') return selected(world, source, selection.filter)
  if (selection.kind === 'ids') return source.messages.filter(({ id }) => selection.ids.includes(id))
  const { items } = world.jobs.get(selection.job) ?? refuse('job-not-found', { job: selection.job })
  const ids = new Set(
    items
      .filter(({ result }) => result !== null && result !== 'confirmed' && selection.results.includes(result))
      .map(({ id }) => id),
  )
  return source.messages.filter(({ id }) => ids.has(id))
}

function skipOf(
  { id, messageId, state, heldBy }: MessageDetail,
  text: string | null,
  isConsumed: boolean,
): Skip | null {
  if (heldBy !== null) return { id, messageId, code: 'outcome-unsettled' }
  if (!RESENDABLE.includes(state)) return { id, messageId, code: 'state-forbids' }
  if (isConsumed) return { id, messageId, code: 'already-consumed' }
  return text === null ? { id, messageId, code: 'patch-failed' } : null
}

function textOf(message: FakeMessage, edit: PlanEdit | null): string | null {
  if (edit === null) return message.payload
  return edit.kind === 'payload' ? edit.payload : patchText(message.payload, edit.patch)
}

export function makePlan(
  world: World,
  { source: name, selection, edit = null, redirect = null, includeConsumed }: PlanRequest,
): PlanView {
  const source = sourceOf(world, name)
  const skipped: Skip[] = []
  const items: Item[] = []
  for (const message of wantedBy(world, source, selection)) {
    const text = textOf(message, edit)
    const isConsumed = includeConsumed === undefined && world.switches.consumed?.(message.id) === true
    const skip = skipOf(message, text, isConsumed)
    if (skip !== null) skipped.push(skip)
    else {
      items.push({
        seq: items.length + 1,
        id: message.id,
        version: message.version,
        messageId: message.messageId,
        state: message.state,
        attempts: message.attempts,
        type: message.type,
        chainKey: message.chain?.key ?? null,
        destination: { ...message.destination, ...redirect },
        payloadDigest: sha256(message.payload),
        createdAt: message.createdAt,
        edited: edit !== null,
        payload: edit === null ? null : text,
      })
    }
  }
  if (items.length === 0) {
    refuse('plan-empty', { skipped: skipped.length, codes: skipped.map(({ code }) => code).join(', ') })
  }
  const plan = `plan-${world.plans.size + 1}`
  const body: Omit<FakePlan, 'digest'> = {
    plan,
    source: name,
    broker: source.connection.deliverTo ?? 'rabbit',
    createdAt: iso(world.now()),
    createdBy: world.operator,
    selection: JSON.stringify(selection),
    edit,
    redirect,
    skipped,
    warnings: warningsOf(source, items),
    evidence: evidenceOfPlan(
      world,
      { items },
      {
        leftOut: skipped.filter(({ code }) => code === 'already-consumed').length,
        included: includeConsumed ?? null,
      },
    ),
    items,
  }
  world.plans.set(plan, { ...body, digest: sha256(JSON.stringify(body)) })
  note(world, { action: 'plan-created', source: name, subject: plan, detail: { items: items.length } })
  return viewPlan(world, plan)
}

function overtaken(source: FakeSource, items: readonly Item[]) {
  const sent = source.messages.filter(({ state }) => state === 'sent')
  return items.flatMap((item) => {
    const later = sent.find(
      (other) => other.chain?.key === item.chainKey && Number(other.id) > Number(item.id),
    )
    return later === undefined ? [] : [{ item, later }]
  })
}

function warningsOf(source: FakeSource, items: readonly Item[]): PlanView['warnings'] {
  const missing = items.filter(({ destination }) => destination.exchange === MISSING_EXCHANGE).length
  const inFlight = items.filter(({ state }) => state === 'in-flight').length
  return [
    ...overtaken(source, items)
      .slice(0, 3)
      .map(({ item, later }) => ({
        code: 'order-broken' as const,
        chainKey: item.chainKey ?? '',
        id: item.id,
        laterSentId: later.id,
      })),
    ...(missing > 0
      ? [{ code: 'exchange-missing' as const, exchange: MISSING_EXCHANGE, count: missing }]
      : []),
    ...(inFlight > 0 ? [{ code: 'maybe-sent' as const, count: inFlight }] : []),
  ]
}

export function planOf(world: World, plan: string): FakePlan {
  return world.plans.get(plan) ?? refuse('plan-not-found', { plan })
}

function grouped<K>(items: readonly Item[], keyOf: (item: Item) => K): { key: K; count: number }[] {
  const groups = new Map<string, { key: K; count: number }>()
  for (const item of items) {
    const key = keyOf(item)
    const name = JSON.stringify(key)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { key, count: 1 })
    else group.count += 1
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}

const BELOW_SEC = [60, 600, 3_600, 21_600, 86_400, 604_800]

function dryRunOf(world: World, { source: name, items }: FakePlan): DryRun {
  const source = sourceOf(world, name)
  const errors = new Map(source.messages.map(({ id, lastError }) => [id, lastError]))
  const ageOf = ({ createdAt }: Item): AgeBucket => {
    const seconds = (world.now() - Date.parse(createdAt)) / 1_000
    const index = BELOW_SEC.findIndex((below) => seconds < below)
    return ageBuckets[index] ?? 'older'
  }
  const sum = (groups: { count: number }[]): number => groups.reduce((total, { count }) => total + count, 0)
  const types = grouped(items, ({ type }) => type)
  const destinations = grouped(items, ({ destination }) => destination)
  const causes = grouped(items, ({ id }) => errors.get(id) ?? null)
  return {
    byType: { groups: types.slice(0, GROUPS_MAX), others: sum(types.slice(GROUPS_MAX)) },
    byDestination: {
      groups: destinations
        .slice(0, GROUPS_MAX)
        .map((group) => ({ ...group, exists: group.key.exchange !== MISSING_EXCHANGE })),
      others: sum(destinations.slice(GROUPS_MAX)),
    },
    byCause: { groups: causes.slice(0, GROUPS_MAX), others: sum(causes.slice(GROUPS_MAX)) },
    byAge: ageBuckets.map((bucket) => ({
      bucket,
      count: items.filter((item) => ageOf(item) === bucket).length,
    })),
    byState: grouped(items, ({ state }) => state).map(({ key, count }) => ({ state: key, count })),
    estimateSec: world.switches.estimateSec,
    maybeSent: items.filter(({ state }) => state === 'in-flight').length,
    probablyConsumed: null,
    orderBroken: overtaken(source, items).length,
  }
}

export function viewPlan(world: World, id: string): PlanView {
  const plan = planOf(world, id)
  const { items, skipped, edit } = plan
  const times = items.map(({ createdAt }) => createdAt).sort()
  const job = [...world.jobs.values()].find((candidate) => candidate.job.plan === id)
  return {
    ...without(plan, 'items', 'edit', 'skipped'),
    environment: sourceOf(world, plan.source).connection.environment,
    items: items.length,
    oldestCreatedAt: times[0] ?? null,
    newestCreatedAt: times.at(-1) ?? null,
    dryRun: dryRunOf(world, plan),
    edit: edit?.kind === 'payload' ? without(edit, 'payload') : edit,
    skippedCount: skipped.length,
    skippedByCode: [...Map.groupBy(skipped, ({ code }) => code)]
      .map(([code, of]) => ({ code, count: of.length }))
      .sort((a, b) => b.count - a.count),
    skipped: skipped.slice(0, SKIPPED_SHOWN_MAX),
    deadLetters: null,
    sample: items.slice(0, SAMPLE_ITEMS).map((item) => without(item, 'payload')),
    job: job?.job.job ?? null,
    approval: world.switches.approval,
  }
}

export function diffItem(world: World, { plan: id, seq }: { plan: string; seq: number }): PlanDiff {
  const plan = planOf(world, id)
  const item = plan.items.find((one) => one.seq === seq)
  const message = sourceOf(world, plan.source).messages.find((one) => one.id === item?.id)
  if (item === undefined || message === undefined) refuse('message-not-found', { id: String(seq) })
  const after = item.payload ?? message.payload
  return {
    before: message.payload,
    after,
    changes: changesOf(message.payload, after),
    more: 0,
    sealingHeaders: [],
    masked: null,
  }
}

/** Takes the lines of a plan file for what they say, once their number is right. */
export function endImport(world: World, { header, lines }: { header: string; lines: string[] }): string {
  const { items, ...rest } = JSON.parse(header) as Omit<FakePlan, 'items'> & { items: number }
  if (items !== lines.length) refuse('plan-invalid', { reason: `${lines.length} of ${items} items` })
  world.plans.set(rest.plan, { ...rest, items: lines.map((line) => JSON.parse(line) as Item) })
  return rest.plan
}
