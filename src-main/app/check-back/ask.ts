import { readAnswer } from '../../domain/check-back.ts'
import type { CheckBackConfig, CheckRecord } from '../../domain/check-back.ts'
import { sha256 } from '../../domain/digest.ts'
import { isTopic } from '../../domain/message.ts'
import type { MessageWithContent } from '../../domain/message.ts'
import { fillCall } from '../../domain/service-call.ts'
import type { CallAuth, CallValues } from '../../domain/service-call.ts'
import type { SecretRef } from '../../domain/workspace.ts'
import type { ServiceReply, ServiceRequest } from '../../ports/service-calls.ts'
import type { EnginePorts } from '../engine-ports.ts'
import { createPace } from '../jobs/pace.ts'

/** Characters of a reason that are kept. */
const REASON_MAX = 300
/** A status from here on says of the server, not of the message. */
const SERVER_ERROR = 500

export interface Asking {
  readonly ports: Pick<EnginePorts, 'clock' | 'serviceCalls' | 'secrets'>
  readonly source: string
  readonly config: CheckBackConfig
}

/** Asks about one message. Rejects only where `signal` is aborted. */
export type Ask = (message: MessageWithContent, check: number, signal: AbortSignal) => Promise<CheckRecord>

export function createAsk({ ports, source, config }: Asking): Ask {
  const turn = createTurns(config.rate, ports)
  const { call } = config
  const secret = async (): Promise<string | null> => {
    const ref = secretOf(call.auth)
    return ref === null ? null : ports.secrets.resolve(`sources.${source}.checkBack`, ref)
  }
  return async (message, check, signal) => {
    const filling = fillCall(call, valuesOf(source, message, check))
    const at = () => ports.clock.now().toISOString()
    if (!filling.ok) {
      const reason = `the message has no ${filling.name} that a url can hold`
      return { ...noAnswer, at: at(), failure: 'unfillable', reason, tries: 0 }
    }
    const { timeoutMs, answerBytesMax, auth, tls } = call
    const request: ServiceRequest = {
      ...filling.call,
      ...{ timeoutMs, answerBytesMax, secret },
      ...(auth === undefined ? {} : { auth }),
      ...(tls === undefined ? {} : { tls }),
    }
    for (let tries = 1; ; tries++) {
      await turn(signal)
      const reply = await ports.serviceCalls.call(request, signal)
      const record = { ...recordOf(reply, config), at: at(), tries }
      if (tries > config.retries || !saysNothing(record)) return record
      await ports.clock.sleep(config.retryDelayMs * 2 ** (tries - 1), signal)
    }
  }
}

/** One after the other, whoever asks: the pace of calls holds for all of them together. */
function createTurns(
  rate: number | null,
  { clock }: Asking['ports'],
): (signal: AbortSignal) => Promise<void> {
  const pace = createPace(rate, clock)
  let last = Promise.resolve()
  return (signal) => {
    last = last.then(() => pace(signal))
    return last.then(() => signal.throwIfAborted())
  }
}

const noAnswer = { means: 'unknown', status: null, failure: null, reason: null, digest: null } as const

type Told = Omit<CheckRecord, 'at' | 'tries'>

function recordOf(reply: ServiceReply, { answers }: CheckBackConfig): Told {
  if (!reply.ok) {
    const { kind, reason } = reply.failure
    return { ...noAnswer, failure: kind, reason: reason.slice(0, REASON_MAX) }
  }
  const { status, body } = reply.answer
  return { ...noAnswer, means: readAnswer(reply.answer, answers), status, digest: sha256(body) }
}

/** Worth another try: nobody answered, or a server that cannot. */
function saysNothing({ means, status }: CheckRecord): boolean {
  return means === 'unknown' && (status === null || status >= SERVER_ERROR)
}

function secretOf(auth: CallAuth | undefined): SecretRef | null {
  if (auth === undefined) return null
  return 'bearer' in auth ? auth.bearer : auth.value
}

function valuesOf(source: string, message: MessageWithContent, checks: number): CallValues {
  const { id, messageId, type, chain, destination, createdAt, attempts, content } = message
  return {
    ...{ source, id, messageId, type: type ?? '', chainKey: chain?.key ?? '', checks },
    previousId: chain?.previousId ?? '',
    exchange: destination === null || isTopic(destination) ? '' : destination.exchange,
    routingKey: destination === null || isTopic(destination) ? '' : destination.routingKey,
    createdAt: createdAt ?? '',
    attempts: attempts ?? 0,
    payload: content.payload,
  }
}
