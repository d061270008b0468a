import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openMemoryBroker } from '../../src-main/adapters/broker-memory/memory-broker.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { readerOf } from '../../src-main/app/audit/chain-view.ts'
import { comparePlaces } from '../../src-main/app/audit/places.ts'
import { searchEvents } from '../../src-main/app/audit/search-events.ts'
import { Readings } from '../../src-main/app/brokers/readings.ts'
import { askByHand } from '../../src-main/app/callback/by-hand.ts'
import { CallbackService } from '../../src-main/app/callback/service.ts'
import type { Connections } from '../../src-main/app/connections/connections.ts'
import { boxOf } from '../../src-main/app/dead-letters/boxes.ts'
import { planLetters } from '../../src-main/app/dead-letters/plan-letters.ts'
import type { Planning } from '../../src-main/app/dead-letters/plan-letters.ts'
import { planChanges } from '../../src-main/app/resend/plan-changes.ts'
import type { Judged } from '../../src-main/app/resend/plan-items.ts'
import type { CallbackConfig } from '../../src-main/domain/callback/config.ts'
import type { LookedLetter } from '../../src-main/domain/dead-letter/look.ts'
import type { ServiceCall } from '../../src-main/domain/service-call.ts'
import type { SourceConfig } from '../../src-main/domain/workspace.ts'
import { publish } from '../../src-main/ports/broker.ts'
import type { Broker } from '../../src-main/ports/broker.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import type { EditPorts } from '../../src-main/app/edit/edit-messages.ts'
import { memoryWorkspace } from '../../src-main/sandbox/memory-workspace.ts'
import { outgoing } from '../support/rabbitmq.ts'
import { openTestEngine } from '../support/test-engine.ts'

/** Errors that the stories of the other tests do not meet, each where it is thrown. */
const never = new AbortController().signal
const refusal = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('a broker without queues and topics has no dead letters', () => {
  expect(refusal(() => boxOf('old', {} as Broker))).toMatchObject({
    code: 'no-dead-letters',
    retry: 'never',
    detail: { broker: 'old' },
  })
})

test('an outbox whose mapping names no chain has none to look at', () => {
  expect(refusal(() => readerOf({ chains: null } as Outbox, 'orders'))).toMatchObject({
    code: 'chain-not-mapped',
    detail: { source: 'orders' },
  })
})

test('a message that no broker takes is refused by its size, and not sent', async () => {
  const broker = openMemoryBroker({ clock: systemClock() })
  broker.declareQueue('small')
  const publisher = await broker.openPublisher(never)
  const message = outgoing({ exchange: '', routingKey: 'small' }, 'm-1')
  const payload = JSON.stringify('x'.repeat(20 * 1024 * 1024))
  expect(await publish(publisher, { ...message, payload }, never)).toMatchObject({
    outcome: 'refused',
    code: 'message-too-large',
  })
  expect(broker.take('small', 10)).toEqual([])
  await publisher.close()
  await broker.close()
})

const row = {
  id: '7',
  messageId: 'm-7',
  type: 'OrderPaid',
  content: { payload: '{"amount":1}', headers: null },
}
const judged = [{ row, item: { ...row, payload: null } }] as unknown as readonly Judged[]
const ports = {} as EditPorts
const selection = { kind: 'ids', ids: ['7'] } as const

test('a patch that does not fit a message leaves that message out', async () => {
  const patch = '[{"op":"replace","path":"/none","value":2}]'
  const wish = { selection, edit: { kind: 'patch', patch }, redirect: null } as const
  const changes = planChanges(ports, { outbox: { profile: 'auto', table: 't' } }, wish)
  expect(await changes.apply(judged)).toEqual([{ skip: { id: '7', messageId: 'm-7', code: 'patch-failed' } }])
})

test('an edit that says what is stored is refused: nobody would know what was edited', async () => {
  const edit = { kind: 'payload', id: '7', payload: '{ "amount": 1 }' } as const
  const changes = planChanges(
    ports,
    { outbox: { profile: 'auto', table: 't' } },
    { selection, edit, redirect: null },
  )
  await expect(changes.apply(judged)).rejects.toMatchObject({
    code: 'edit-changes-nothing',
    detail: { id: '7' },
  })
})

test('a whole payload is for the one message that is selected', () => {
  const edit = { kind: 'payload', id: '8', payload: '{}' } as const
  expect(
    refusal(() =>
      planChanges(ports, { outbox: { profile: 'auto', table: 't' } }, { selection, edit, redirect: null }),
    ),
  ).toMatchObject({ code: 'payload-invalid', detail: { id: '8' } })
})

const source: SourceConfig = {
  driver: 'postgres',
  url: 'postgres://user@127.0.0.1:1/shop',
  environment: 'development',
  outbox: { profile: 'auto', table: 'public.outbox_message' },
  stuckAfterSec: 60,
  maxAttempts: 3,
}
const listen = { broker: 'rabbit', confirmations: 'done', checks: 'checks', delaySec: 1, group: 'g' }
const callback: CallbackConfig = {
  listen,
  unconfirmedAfterSec: 60,
  retentionSec: 60,
  resend: { method: 'POST', url: 'http://127.0.0.1:1/', timeoutMs: 1, retries: 0 } as unknown as ServiceCall,
}

/** An engine that never comes to its database; `outbox`: what it would have opened. */
function engineOf(config: SourceConfig = source, outbox: Partial<Outbox> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'redrive-rare-'))
  const workspace = memoryWorkspace({ sources: { orders: config }, brokers: {} })
  const opened = openTestEngine({ dataDir, databaseUrl: config.url, wrap: (all) => ({ ...all, workspace }) })
  onTestFinished(async () => {
    await opened.close()
    rmSync(dataDir, { recursive: true })
  })
  const connections = {
    source: async () => config,
    environment: async () => config.environment,
    workspace: () => workspace.load(),
    withOutbox: async (_: string, work: (outbox: Outbox) => unknown) => work(outbox as Outbox),
    evidence: async () => null,
    brokerNamed: async () => ({}),
  } as unknown as Connections
  return { engine: opened.engine, connections, ports: opened.engine.ports }
}

test('a look or a reading that this process does not have is said to be gone', () => {
  const { engine } = engineOf()
  expect(refusal(() => engine.looking.get('look-0'))).toMatchObject({ code: 'look-missing' })
  expect(refusal(() => engine.readings.get('reading-0'))).toMatchObject({ code: 'reading-missing' })
})

test('a broker that keeps no log has no records to read', async () => {
  const { ports: all, connections } = engineOf()
  const range = { kind: 'tail', topic: 'orders', partition: null, records: 1 } as const
  await expect(
    new Readings(all, connections).start('plain', { range, search: null, limit: 1 }),
  ).rejects.toMatchObject({ code: 'no-topics', detail: { broker: 'plain' } })
})

test('what a source does not say is named, and nothing is done', async () => {
  const { engine, connections, ports: all } = engineOf()
  const { audits, callbacks, checkBacks } = engine
  await expect(checkBacks.runNow('orders', null)).rejects.toMatchObject({ code: 'check-back-not-set' })
  await expect(callbacks.parked('orders', null, 1)).rejects.toMatchObject({ code: 'callback-not-configured' })
  await expect(audits.events({ source: 'orders', since: null }, never)).rejects.toMatchObject({
    code: 'fingerprint-not-set',
  })
  const request = { source: 'orders', chains: null }
  await expect(
    comparePlaces({ ports: all, connections }, request, () => undefined, never),
  ).rejects.toMatchObject({ code: 'evidence-not-mapped', detail: { source: 'orders' } })
})

test('events are not compared where the kind of database cannot', async () => {
  const outbox = { ...source.outbox, fingerprint: { fields: ['type'], windowSec: 60 } }
  const { connections } = engineOf({ ...source, outbox }, { events: null })
  await expect(searchEvents(connections, { source: 'orders', since: null }, never)).rejects.toMatchObject({
    code: 'event-search-unavailable',
  })
})

test('an audit has no report before it has ended', async () => {
  const { engine, ports: all } = engineOf()
  const pace = { workers: 1, pauseMs: 0, limitSec: 60 } as const
  const audit = { audit: 'audit-1', source: 'orders', scope: { kind: 'all' }, pace } as const
  const by = { trigger: 'operator', operator: 'ann', owner: all.processes.self } as const
  await all.auditStore.begin({ ...audit, ...by }, [])
  await expect(engine.audits.report('audit-1')).rejects.toMatchObject({
    code: 'audit-running',
    retry: 'later',
  })
})

test('nobody is asked to resend while confirmations may be waiting in the broker', async () => {
  const { connections, ports: all, engine } = engineOf({ ...source, callback }, { read: async () => [] })
  const locks = { ...engine.locks, require: () => undefined }
  const ask = { source: 'orders', ids: ['7'], reason: 'lost', typedCount: null }
  await expect(
    askByHand({ ports: all, connections, locks, changes: engine.changes }, ask, never),
  ).rejects.toMatchObject({ code: 'callback-not-running', detail: { source: 'orders' } })
})

test('a callback service does not begin where what it listens to is missing, and says what', async () => {
  const broker = openMemoryBroker({ clock: systemClock() })
  broker.declareQueue('done')
  const { connections, ports: all } = engineOf({ ...source, callback })
  const parts = { ports: all, connections: { ...connections, brokerNamed: async () => broker } as never }
  const service = new CallbackService(parts, { source: 'orders', asks: false })
  await expect(service.run(never)).rejects.toMatchObject({
    code: 'callback-places-missing',
    detail: { places: 'checks', broker: 'rabbit' },
  })
  await broker.close()
})

test('letters that cannot go again are left out, each with its reason', async () => {
  const { ports: all } = engineOf()
  const letterOf = (id: string, more: Partial<LookedLetter> = {}): LookedLetter =>
    ({
      id,
      messageId: id,
      exchange: 'e',
      routingKey: 'k',
      damagedHeader: null,
      story: { redrive: null },
      ...more,
    }) as LookedLetter
  const letters = [
    letterOf('damaged', { damagedHeader: 'big' }),
    letterOf('often', { story: { redrive: { id: 'r', times: 3 } } as LookedLetter['story'] }),
    letterOf('dropped'),
  ]
  const place = { broker: 'kafka', queue: 'orders-dlt' }
  const mark = { as: 'discarded', at: '', subject: 'plan-1', operator: 'ann', reason: 'a test order' }
  const planning = {
    ports: { ...all, recordLedger: { marks: async () => new Map([['dropped', mark]]) } },
    connections: { brokerNamed: async () => ({ topics: {} }) },
    looking: { get: () => ({ look: 'look-1', place, letters }) },
  } as unknown as Planning
  const request = { look: 'look-1', selection: { kind: 'all' }, heldAfter: 3, again: null } as const
  const act = { action: 'redrive', to: { kind: 'origin' }, reason: null } as const
  await expect(planLetters(planning, request, act, never)).rejects.toMatchObject({
    code: 'plan-empty',
    detail: { skipped: 3, codes: ['header-damaged', 'redriven-too-often', 'discarded-already'].join(', ') },
  })
})
