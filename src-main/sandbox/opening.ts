import { Client } from 'pg'
import type { HostLog } from '../ports/surroundings.ts'
import type { OpenBroker } from '../ports/drivers.ts'
import { SUPERUSER } from './postgres-server.ts'
import type { Server } from './postgres-server.ts'

/** The role that the console connects as: it may look, and change rows of the outbox, and nothing else. */
export const CONSOLE_ROLE = 'redrive'
export const POOL_CONNECTIONS_MAX = 2
export const NO_DEAD_RELAY = 'nobody.'
export const BROKER_URL = 'memory://sandbox'
export const noPassword = async (): Promise<null> => null

export type Undo = () => void | Promise<void>

/** What opening one part of the sandbox needs; what has to be undone at the end is added to `undo`. */
export interface Opening {
  readonly server: Server
  readonly passwords: { readonly superuser: string; readonly console: string }
  readonly memoryBroker: OpenBroker
  readonly log: HostLog
  readonly undo: Undo[]
  readonly signal: AbortSignal
}

export interface DatabaseAddress {
  readonly server: Server
  readonly password: string
  readonly database: string
}

export function connection({ server, password, database }: DatabaseAddress): {
  host: string
  port: number
  user: string
  password: string
  database: string
  ssl: false
  application_name: string
} {
  return {
    host: '127.0.0.1',
    port: server.port,
    user: SUPERUSER,
    password,
    database,
    ssl: false,
    application_name: 'redrive-sandbox',
  }
}

export async function withClient(
  address: DatabaseAddress,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(connection(address))
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
