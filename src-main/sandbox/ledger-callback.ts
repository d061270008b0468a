import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pool } from 'pg'
import type { CallbackConfig } from '../domain/callback/config.ts'
import { SECOND } from './draft.ts'
import { LEDGER_CHECKS, LEDGER_CONFIRMATIONS } from './ledger-names.ts'
import type { SandboxBroker } from './sandbox-broker.ts'

const CHECK_DELAY_MS = 10 * SECOND
/** Behind the hole of one account nothing is booked: those messages stay unconfirmed. */
const UNCONFIRMED_AFTER_SEC = 20
const KEPT_SEC = 3_600
const CALL_TIMEOUT_MS = 5_000
const ANSWER_BYTES_MAX = 1_024

/** The ledger waits for confirmations: they are in its own table, and come over the broker too. */
export function ledgerCallback(broker: string, resendUrl: string): CallbackConfig {
  return {
    listen: {
      broker,
      confirmations: LEDGER_CONFIRMATIONS,
      checks: LEDGER_CHECKS,
      delaySec: CHECK_DELAY_MS / SECOND,
      group: 'sandbox',
    },
    confirmations: {
      table: 'ledger_entry',
      messageId: 'message_id',
      processedAt: 'booked_at',
      retentionSec: null,
    },
    unconfirmedAfterSec: UNCONFIRMED_AFTER_SEC,
    retentionSec: KEPT_SEC,
    resend: {
      method: 'POST',
      url: resendUrl,
      timeoutMs: CALL_TIMEOUT_MS,
      answerBytesMax: ANSWER_BYTES_MAX,
    },
  }
}

/** What the receiver and the sender publish about a message; what is lost at the end is lost with its broker. */
export function ledgerWords(broker: Pick<SandboxBroker, 'tell'>, signal: AbortSignal) {
  const say = (queue: string, messageId: string): void =>
    void broker.tell(queue, messageId, JSON.stringify({ messageId })).catch(() => undefined)
  // Somebody publishes to the wrong queue: it is parked.
  void broker.tell(LEDGER_CONFIRMATIONS, '', 'Dear bookkeeping, please confirm.').catch(() => undefined)
  return {
    confirm: (messageId: string): void => say(LEDGER_CONFIRMATIONS, messageId),
    checkLater(messageId: string): void {
      const timer = setTimeout(() => say(LEDGER_CHECKS, messageId), CHECK_DELAY_MS)
      timer.unref()
      signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
    },
  }
}

export interface ResendService {
  /** Template of the call. */
  readonly url: string
  close(): Promise<void>
}

/** The sender's command to resend: the row is pending again, and its relay takes it up. */
export async function startResendService(pool: Pool): Promise<ResendService> {
  const server = createServer((request, response) => {
    request.resume()
    const [, id] = /^\/resend\/([^/?]+)$/.exec(request.url ?? '') ?? []
    const answer = (status: number): void => void response.writeHead(status).end()
    if (request.method !== 'POST' || id === undefined) return answer(404)
    pool
      .query(`update outbox_message set status = 'pending' where message_id = $1 and status = 'sent'`, [
        decodeURIComponent(id),
      ])
      .then(
        ({ rowCount }) => answer(rowCount === 0 ? 404 : 202),
        () => answer(500),
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/resend/{messageId}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
