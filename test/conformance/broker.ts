import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { TestContext } from 'vitest'
import type { Place } from '../../src-main/domain/message.ts'
import { withdrawn } from '../../src-main/domain/outcome.ts'
import type { OutgoingMessage, PublishOutcome } from '../../src-main/domain/outcome.ts'
import { PUBLISH_WINDOW_MAX, publish } from '../../src-main/ports/broker.ts'
import type { Broker, BrokerState, Publisher } from '../../src-main/ports/broker.ts'

/** What the suite needs from the other side of a broker. */
export interface BrokerFixture {
  readonly broker: Broker
  /** A new place that keeps what it gets: a queue, or a topic with one partition. */
  queue(): Promise<string>
  /** The plainest way there. */
  to(queue: string): Place
  /** Another way there: an exchange that it is bound to, or a key. */
  around(queue: string): Promise<Place>
  /** A destination that leads nowhere though its exchange or topic is there, and what is said of it. */
  nowhere(queue: string): Promise<{ readonly destination: Place; readonly answer: string }>
  /** A destination whose exchange or topic is not there, and what is said of it. */
  missing(queue: string): { readonly destination: Place; readonly answer: string }
  /** A queue that takes one message and, once `fill` has been called after it, no more. */
  full(): Promise<{
    readonly queue: string
    readonly fill: () => Promise<void>
    /** What is said of the next. */
    readonly answer: string
  }>
  /** Headers of which nothing may be lost, as text, and as they arrive. */
  readonly headers: { readonly sent: string; readonly arrived: Readonly<Record<string, unknown>> }
  /** What other kinds of brokers take. */
  readonly strange: readonly Partial<OutgoingMessage>[]
  /** Takes everything out, in order. */
  drain(queue: string): Promise<
    readonly {
      readonly messageId: string
      readonly type: string | null
      readonly payload: string
      readonly headers: Readonly<Record<string, unknown>>
    }[]
  >
  /** The next publishes, up to this many, get no answer. */
  silence(publishes: number): void
  /** Breaks the connection. */
  cut(): void
}

const never = new AbortController().signal

/** One object for all messages, as a job has it. */
const redriveHeaders = { 'x-redrive-job': 'job-1', 'x-redrive-attempt': 1 }

export function message(destination: Place, messageId: string): OutgoingMessage {
  return {
    messageId,
    type: 'order.paid',
    destination,
    payload: JSON.stringify({ order: messageId }),
    headers: null,
    redriveHeaders,
  }
}

function outcomesOf(results: readonly PublishOutcome[]): string[] {
  return results.map((result) => ('code' in result ? `${result.outcome} ${result.code}` : result.outcome))
}

/** Opened and closed by the test; `makeFixture` cleans up after itself. */
export function brokerConformance(
  name: string,
  makeFixture: (context: TestContext) => Promise<BrokerFixture>,
): void {
  describe(`${name} publishes`, () => publishing(makeFixture))
  describe(`${name} breaks`, () => breaking(makeFixture))
  describe(`${name} answers questions`, () => asking(makeFixture))
}

type Make = (context: TestContext) => Promise<BrokerFixture>

async function opened(
  context: TestContext,
  make: Make,
): Promise<{ fixture: BrokerFixture; publisher: Publisher; queue: string; direct: Place }> {
  const fixture = await make(context)
  const publisher = await fixture.broker.openPublisher(never)
  const queue = await fixture.queue()
  return { fixture, publisher, queue, direct: fixture.to(queue) }
}

function publishing(make: Make): void {
  it('confirms what has reached the queue, with id, type, payload and headers unchanged', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const { sent: headers, arrived } = fixture.headers
    const payload = '{"amount": 1.10, "id": 12345678901234567890, "text":"\\u00fc ü 你 🚚"}'
    const sent = { ...message(direct, 'm-1'), payload, headers }
    expect(await publish(publisher, sent, never)).toEqual({ outcome: 'confirmed' })
    const [read, ...more] = await fixture.drain(queue)
    expect(more).toEqual([])
    expect(read).toMatchObject({ messageId: 'm-1', type: 'order.paid', payload })
    expect(read?.headers).toEqual(arrived)
  })

  it('sends a payload that is no JSON as it is', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const payload = 'plain \u0000 text\r\n'
    expect(await publish(publisher, { ...message(direct, 'm-1'), type: null, payload }, never)).toEqual({
      outcome: 'confirmed',
    })
    expect(await fixture.drain(queue)).toMatchObject([{ type: null, payload }])
  })

  it('returns what leads nowhere, with the reason', async (context) => {
    const { fixture, publisher, queue } = await opened(context, make)
    const there = await fixture.around(queue)
    const { destination, answer } = await fixture.nowhere(queue)
    const results = await Promise.all([
      publish(publisher, message(there, 'm-1'), never),
      publish(publisher, message(destination, 'm-2'), never),
      publish(publisher, message(there, 'm-3'), never),
    ])
    expect(outcomesOf(results)).toEqual(['confirmed', answer, 'confirmed'])
    expect(results[1]).toHaveProperty('reason', expect.stringMatching(/312 NO_ROUTE|has 1 partitions/))
    expect((await fixture.drain(queue)).map((read) => read.messageId)).toEqual(['m-1', 'm-3'])
  })

  it('tells two messages of one id and destination apart', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const { destination, answer } = await fixture.nowhere(queue)
    const results = await Promise.all([
      publish(publisher, message(direct, 'same'), never),
      publish(publisher, message(destination, 'same'), never),
      publish(publisher, message(direct, 'same'), never),
    ])
    expect(outcomesOf(results)).toEqual(['confirmed', answer, 'confirmed'])
    expect(await fixture.drain(queue)).toHaveLength(2)
  })

  it('says what does not exist, without harm to the neighbours', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const { destination: dead, answer } = fixture.missing(queue)
    const work = Array.from({ length: 50 }, (_, index) =>
      publish(publisher, message(index % 10 === 5 ? dead : direct, `m-${index}`), never),
    )
    const results = outcomesOf(await Promise.all(work))
    expect(results.filter((result) => result === answer)).toHaveLength(5)
    expect(results.filter((result) => result === 'confirmed')).toHaveLength(45)
    expect(await fixture.drain(queue)).toHaveLength(45)
  })

  it('refuses what a full queue rejects', async (context) => {
    const { fixture, publisher } = await opened(context, make)
    const { queue, fill, answer } = await fixture.full()
    const direct = fixture.to(queue)
    const first = await publish(publisher, message(direct, 'm-1'), never)
    await fill()
    const second = await publish(publisher, message(direct, 'm-2'), never)
    expect(outcomesOf([first, second])).toEqual(['confirmed', answer])
    expect((await fixture.drain(queue)).map((read) => read.messageId)).toEqual(['m-1'])
  })

  it('refuses what its kind of broker has no place for, and sends nothing', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const { strange } = fixture
    for (const other of strange)
      expect(outcomesOf([await publish(publisher, { ...message(direct, 'm-1'), ...other }, never)])).toEqual([
        'refused broker-refused',
      ])
    expect(await fixture.drain(queue)).toEqual([])
  })

  it('refuses headers that are no JSON object, and sends nothing', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    for (const headers of ['{', '[]', '"text"', '7', 'null'])
      expect(outcomesOf([await publish(publisher, { ...message(direct, 'm-1'), headers }, never)])).toEqual([
        'refused headers-not-json',
      ])
    expect(await fixture.drain(queue)).toEqual([])
  })

  it('keeps the order of 5,000 messages', async (context) => {
    const { fixture, publisher, queue, direct } = await opened(context, make)
    const around = await fixture.around(queue)
    const ids = Array.from({ length: 5_000 }, (_, index) => `m-${index}`)
    const results = await Promise.all(
      ids.map((id, index) => publish(publisher, message(index % 2 === 0 ? direct : around, id), never)),
    )
    expect(new Set(outcomesOf(results))).toEqual(new Set(['confirmed']))
    expect((await fixture.drain(queue)).map((read) => read.messageId)).toEqual(ids)
  })

  it('holds no more than the window without an answer', async (context) => {
    const { fixture, publisher, direct, queue } = await opened(context, make)
    expect(await publish(publisher, message(direct, 'first'), never)).toEqual({ outcome: 'confirmed' })
    const beyond = 20
    fixture.silence(PUBLISH_WINDOW_MAX)
    const work = Array.from({ length: PUBLISH_WINDOW_MAX + beyond }, (_, index) =>
      publish(publisher, message(direct, `m-${index}`), never),
    )
    await wait(300)
    fixture.cut()
    const results = outcomesOf(await Promise.all(work))
    expect(new Set(results.slice(0, PUBLISH_WINDOW_MAX))).toEqual(new Set(['unknown channel-closed']))
    expect(new Set(results.slice(PUBLISH_WINDOW_MAX))).toEqual(new Set(['refused channel-closed']))
    const reached = (await fixture.drain(queue)).map((read) => read.messageId)
    expect(reached.length).toBeLessThanOrEqual(PUBLISH_WINDOW_MAX + 1)
    expect(reached).not.toContain(`m-${PUBLISH_WINDOW_MAX}`)
  })

  it('calls a publish that is taken back before it has gone out refused, and sends nothing', async (context) => {
    const { fixture, publisher, direct, queue } = await opened(context, make)
    expect(await publish(publisher, message(direct, 'm-1'), AbortSignal.abort())).toEqual(withdrawn)
    await publish(publisher, message(direct, 'first'), never)
    const controller = new AbortController()
    fixture.silence(PUBLISH_WINDOW_MAX)
    const work = Array.from({ length: PUBLISH_WINDOW_MAX }, (_, index) =>
      publish(publisher, message(direct, `w-${index}`), never),
    )
    const waiting = publish(publisher, message(direct, 'waiting'), controller.signal)
    controller.abort()
    expect(await waiting).toEqual(withdrawn)
    fixture.cut()
    await Promise.all(work)
    expect((await fixture.drain(queue)).map((read) => read.messageId)).not.toContain('waiting')
  })
}

function breaking(make: Make): void {
  it('calls everything without an answer unknown when the connection is cut, and refuses after that', async (context) => {
    const { fixture, publisher, direct } = await opened(context, make)
    expect(await publish(publisher, message(direct, 'first'), never)).toEqual({ outcome: 'confirmed' })
    fixture.silence(200)
    const work = Array.from({ length: 200 }, (_, index) =>
      publish(publisher, message(direct, `m-${index}`), never),
    )
    await wait(100)
    fixture.cut()
    expect(new Set(outcomesOf(await Promise.all(work)))).toEqual(new Set(['unknown channel-closed']))
    expect(outcomesOf([await publish(publisher, message(direct, 'after'), never)])).toEqual([
      'refused channel-closed',
    ])
    await publisher.close()
  })

  it('gives a new publisher after a cut, and has sent nothing again by itself', async (context) => {
    const { fixture, publisher, direct, queue } = await opened(context, make)
    await publish(publisher, message(direct, 'before'), never)
    fixture.cut()
    const again = await fixture.broker.openPublisher(never)
    expect(await publish(again, message(direct, 'after'), never)).toEqual({ outcome: 'confirmed' })
    await again.close()
    expect((await fixture.drain(queue)).map((read) => read.messageId)).toEqual(['before', 'after'])
  })

  it('waits for answers when it closes, and takes nothing after that', async (context) => {
    const { fixture, publisher, direct, queue } = await opened(context, make)
    const work = Array.from({ length: 2_000 }, (_, index) =>
      publish(publisher, message(direct, `m-${index}`), never),
    )
    await publisher.close()
    expect(new Set(outcomesOf(await Promise.all(work)))).toEqual(new Set(['confirmed']))
    expect(outcomesOf([await publish(publisher, message(direct, 'late'), never)])).toEqual([
      'refused channel-closed',
    ])
    expect(await fixture.drain(queue)).toHaveLength(2_000)
  })

  it('lets go everybody who closes it while answers are outstanding', async (context) => {
    const { fixture, publisher, direct } = await opened(context, make)
    fixture.silence(5)
    const work = Array.from({ length: 5 }, (_, index) =>
      publish(publisher, message(direct, `m-${index}`), never),
    )
    await wait(100)
    const closing = [publisher.close(), publisher.close()]
    fixture.cut()
    await Promise.all(closing)
    expect(outcomesOf(await Promise.all(work))).toHaveLength(5)
  })

  it('tells every change of its state', async (context) => {
    const fixture = await make(context)
    await fixture.broker.report(never)
    await expect.poll(() => fixture.broker.state()).toEqual({ state: 'connected' })
    const seen: BrokerState['state'][] = []
    const stop = fixture.broker.watch((state) => seen.push(state.state))
    fixture.cut()
    await expect.poll(() => seen.at(-1), { timeout: 5_000 }).toBe('connected')
    expect(seen).toContain('disconnected')
    stop()
    const before = seen.length
    await fixture.broker.close()
    expect(seen).toHaveLength(before)
    expect(fixture.broker.state().state).toBe('disconnected')
  })

  it('is over after a close, and closing twice is no error', async (context) => {
    const { fixture, publisher, direct } = await opened(context, make)
    await publish(publisher, message(direct, 'm-1'), never)
    await fixture.broker.close()
    await fixture.broker.close()
    expect(outcomesOf([await publish(publisher, message(direct, 'late'), never)])).toEqual([
      'refused channel-closed',
    ])
    await expect(fixture.broker.openPublisher(never)).rejects.toMatchObject({ code: 'connection-lost' })
    await expect(fixture.broker.report(never)).rejects.toMatchObject({ code: 'connection-lost' })
  })
}

function asking(make: Make): void {
  it('reports product, version and latency', async (context) => {
    const { broker } = await make(context)
    const report = await broker.report(never)
    expect(report.product).not.toBe('')
    expect(report.version).toMatch(/^\d/)
    expect(report.latencyMs).toBeGreaterThanOrEqual(0)
  })

  it('checks destinations in the order given', async (context) => {
    const { fixture, queue, direct } = await opened(context, make)
    const destinations = [
      fixture.missing(queue).destination,
      await fixture.around(queue),
      { exchange: '', routingKey: `${queue}-none` },
      direct,
      fixture.missing('x'.repeat(300)).destination,
    ]
    const checks = await fixture.broker.checkDestinations(destinations, never)
    expect(checks.map((check) => check.destination)).toEqual(destinations)
    expect(checks.map((check) => check.exists)).toEqual([false, true, false, true, false])
  })

  it('is told to stop', async (context) => {
    const { broker } = await make(context)
    const aborted = AbortSignal.abort()
    await expect(broker.report(aborted)).rejects.toThrow()
    await expect(broker.openPublisher(aborted)).rejects.toThrow()
    await expect(broker.checkDestinations([{ exchange: 'q', routingKey: 'q' }], aborted)).rejects.toThrow()
  })
}
