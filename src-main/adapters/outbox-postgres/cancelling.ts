import type { Duplex } from 'node:stream'
import type pg from 'pg'
import { newClient } from '../postgres-client/connection.ts'
import type { ConnectionSettings } from '../postgres-client/connection.ts'

/** How long a cancelled statement may take to end before its connection is cut. */
export const CANCEL_WAIT_MS = 2_000

export interface Backend {
  readonly pid: string
  /** Start of its transaction: with the pid it names one transaction, also behind PgBouncer. */
  readonly started: string
}

/** The driver's types keep it to themselves. */
export function streamOf(client: pg.ClientBase): Duplex {
  return (client as unknown as { connection: { stream: Duplex } }).connection.stream
}

export interface Watch {
  began(backend: Backend): void
  end(): void
}

/** Cancels on the server when the signal is aborted, and cuts a connection that has gone silent. */
export function watchOver(
  settings: ConnectionSettings,
  client: pg.Client,
  { silenceMs, signal }: { readonly silenceMs: number; readonly signal: AbortSignal },
): Watch {
  let backend: Backend | null = null
  let ended = false
  let cutting: NodeJS.Timeout | undefined
  const cut = (): void => {
    streamOf(client).destroy()
  }
  const silence = setTimeout(cut, silenceMs)
  const cancel = (): void => {
    cutting = setTimeout(cut, CANCEL_WAIT_MS)
    if (backend !== null) void cancelOnServer(settings, backend)
  }
  const onError = (): void => undefined
  client.on('error', onError)
  signal.addEventListener('abort', cancel, { once: true })
  return {
    began(of) {
      backend = of
      if (signal.aborted && !ended) void cancelOnServer(settings, of)
    },
    end() {
      ended = true
      clearTimeout(silence)
      clearTimeout(cutting)
      signal.removeEventListener('abort', cancel)
      client.removeListener('error', onError)
    },
  }
}

/**
 * From a second connection, because the first one is busy. Behind PgBouncer the backend may serve somebody else by
 * now: it is cancelled only while it is still in that very transaction. Best effort; the cut comes after it.
 */
export async function cancelOnServer(settings: ConnectionSettings, { pid, started }: Backend): Promise<void> {
  const client = newClient(settings)
  try {
    await client.connect()
    await client.query({
      text: `select pg_cancel_backend(pid) from pg_stat_activity where pid = $1::int and xact_start = $2::timestamptz`,
      values: [pid, started],
    })
  } catch {
    // The cut of the connection follows; the server's own statement_timeout ends the statement.
  } finally {
    await client.end().catch(() => undefined)
  }
}
