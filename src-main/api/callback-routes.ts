import { callback as contract, PARKED_CHARS_MAX } from '../../src-preload/contract/callback.ts'
import type { AskResult, CallbackView, ParkedRecord } from '../../src-preload/contract/callback.ts'
import type { CallbackView as View } from '../app/callback/views.ts'
import type { Engine } from '../app/engine.ts'
import type { ParkedRecord as Parked } from '../domain/callback/state.ts'
import type { AskResult as Result } from '../domain/callback/upstream.ts'
import { maskHeaders, maskPayload } from '../domain/masking.ts'
import type { MaskRules } from '../domain/masking.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function callbackRoutes(engine: Engine) {
  const { callbacks, masking, messages, ports } = engine
  const os = implementer(engine, { callback: contract })
  return {
    list: os.callback.list.handler(async () => ({ callbacks: (await callbacks.list()).map(viewOf) })),
    unconfirmed: os.callback.unconfirmed.handler(async ({ input, signal }) => {
      const page = await callbacks.unconfirmed(input, required(signal))
      return {
        ...page,
        unconfirmed: page.unconfirmed.map((one) => ({ ...one, resends: [...one.resends] })),
        untold: [...page.untold],
        asOf: ports.clock.now().toISOString(),
      }
    }),
    parked: os.callback.parked.handler(async ({ input: { source, before, limit } }) => {
      const found = await callbacks.parked(source, before, limit)
      const last = found.length === limit ? found.at(-1) : undefined
      const rules = await masking.rules(source)
      const view = { place: source, what: 'parked', id: source, messageId: null, plan: null } as const
      if (found.length > 0) await masking.viewed(view)
      return { parked: found.map((one) => parkedOf(one, rules)), nextCursor: last?.n ?? null }
    }),
    message: os.callback.message.handler(async ({ input: { source, id }, signal }) => {
      const message = await messages.show(source, id, required(signal))
      const found = await callbacks.message(source, message, required(signal))
      return { confirmation: found && { ...found, resends: [...found.resends] } }
    }),
    ask: os.callback.ask.handler(async ({ input, signal }) => ({
      results: (await callbacks.ask(input, required(signal))).map(resultOf),
    })),
  }
}

function viewOf({ source, callback, service, running, caughtUp, counts }: View): CallbackView {
  const { listen, unconfirmedAfterSec, resend } = callback
  return {
    source,
    listen: listen
      ? {
          broker: listen.broker,
          confirmations: listen.confirmations,
          checks: listen.checks,
          delaySec: listen.delaySec,
        }
      : null,
    unconfirmedAfterSec,
    canAsk: resend !== undefined,
    running,
    caughtUp,
    counts,
    service: service && {
      since: service.since,
      startedAt: service.startedAt,
      beatAt: service.beat?.at ?? null,
      caughtUpAt: service.beat?.caughtUpAt ?? null,
      asks: service.beat?.asks ?? null,
      feeds: service.beat?.feeds ?? null,
    },
  }
}

function parkedOf(
  { n, kind, place, at, reason, headers, body }: Parked,
  rules: MaskRules | null,
): ParkedRecord {
  const { text } = maskPayload(rules, new TextDecoder().decode(body))
  const shown = { headers: maskHeaders(rules, headers).text, body: text.slice(0, PARKED_CHARS_MAX) }
  return { n, kind, place, at, reason, ...shown, bytes: body.length }
}

function resultOf(result: Result & { readonly id: string }): AskResult {
  const { id, messageId } = result
  if (!result.asked)
    return { id, messageId, outcome: null, attempt: null, status: null, reason: null, left: result.left }
  const { outcome, attempt, status, reason } = result
  return { id, messageId, outcome, attempt, status, reason, left: null }
}
