import { createHash } from 'node:crypto'
import type { PlanFile, PlanItem, PlanSelection, PlanView } from '../../../src-preload/contract/plans.ts'
import { iso, note, refuse, sourceOf, type World } from './fake-world.ts'
import { selected } from './fake-reads.ts'

const SAMPLE_ITEMS = 20
const RESENDABLE = ['pending', 'in-flight', 'retrying', 'failed']

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export function makePlan(world: World, input: { source: string; selection: PlanSelection }): PlanView {
  const source = sourceOf(world, input.source)
  const { selection } = input
  const wanted =
    selection.kind === 'ids'
      ? source.messages.filter(({ id }) => selection.ids.includes(id))
      : selected(world, source, selection.filter)
  const held = wanted.filter(({ heldBy }) => heldBy !== null)
  const items = wanted
    .filter(({ state, heldBy }) => RESENDABLE.includes(state) && heldBy === null)
    .map((message, index): PlanItem => ({
      seq: index + 1,
      id: message.id,
      version: message.version,
      messageId: message.messageId,
      state: message.state,
      attempts: message.attempts,
      type: message.type,
      chainKey: message.chain?.key ?? null,
      destination: message.destination,
      payloadDigest: sha256(message.payload),
      createdAt: message.createdAt,
    }))
  if (items.length === 0) refuse('plan-empty')
  const plan = `plan-${world.plans.size + 1}`
  const body: Omit<PlanFile, 'digest'> = {
    format: 'redrive-plan/1',
    plan,
    source: input.source,
    broker: source.connection.deliverTo ?? 'rabbit',
    table: source.connection.table,
    profile: source.connection.profile,
    mappingDigest: sha256(source.connection.profile),
    createdAt: iso(world.now()),
    createdBy: world.operator,
    selection: selection.kind === 'ids' ? `${selection.ids.length} ids` : JSON.stringify(selection.filter),
    skipped: [
      ...held.map(({ id, messageId }) => ({ id, messageId, code: 'outcome-unsettled' as const })),
      ...wanted
        .filter(({ state }) => !RESENDABLE.includes(state))
        .map(({ id, messageId }) => ({ id, messageId, code: 'state-forbids' as const })),
    ],
    warnings: warningsOf(world, input.source, items),
    items,
  }
  world.plans.set(plan, { ...body, digest: sha256(JSON.stringify(body)) })
  note(world, {
    action: 'plan-created',
    source: input.source,
    subject: plan,
    detail: { items: items.length },
  })
  return viewPlan(world, plan)
}

function warningsOf(world: World, source: string, items: readonly PlanItem[]): PlanFile['warnings'] {
  const sent = sourceOf(world, source).messages.filter(({ state }) => state === 'sent')
  const overtaken = items.flatMap((item) => {
    const later = sent.find(
      (other) => other.chain?.key === item.chainKey && Number(other.id) > Number(item.id),
    )
    return later === undefined ? [] : [{ item, later }]
  })
  const missing = items.filter(({ destination }) => destination.exchange === 'reporting').length
  return [
    ...overtaken.slice(0, 3).map(({ item, later }) => ({
      code: 'order-broken' as const,
      chainKey: item.chainKey ?? '',
      id: item.id,
      laterSentId: later.id,
    })),
    ...(missing > 0 ? [{ code: 'exchange-missing' as const, exchange: 'reporting', count: missing }] : []),
  ]
}

export function planOf(world: World, plan: string): PlanFile {
  return world.plans.get(plan) ?? refuse('plan-not-found', { plan })
}

export function viewPlan(world: World, id: string): PlanView {
  const file = planOf(world, id)
  const { items } = file
  const types = Map.groupBy(items, ({ type }) => type)
  const destinations = Map.groupBy(items, ({ destination }) => JSON.stringify(destination))
  const times = items.map(({ createdAt }) => createdAt).sort()
  const job = [...world.jobs.values()].find((candidate) => candidate.job.plan === id)
  return {
    plan: file.plan,
    digest: file.digest,
    source: file.source,
    environment: sourceOf(world, file.source).connection.environment,
    broker: file.broker,
    createdAt: file.createdAt,
    createdBy: file.createdBy,
    selection: file.selection,
    items: items.length,
    oldestCreatedAt: times[0] ?? null,
    newestCreatedAt: times.at(-1) ?? null,
    byType: [...types].map(([type, of]) => ({ type, count: of.length })).sort((a, b) => b.count - a.count),
    byDestination: [...destinations.values()].flatMap((of) => {
      const destination = of[0]?.destination
      return destination === undefined
        ? []
        : [{ destination, count: of.length, exists: destination.exchange !== 'reporting' }]
    }),
    skipped: file.skipped,
    warnings: file.warnings,
    sample: items.slice(0, SAMPLE_ITEMS),
    job: job?.job.job ?? null,
  }
}
