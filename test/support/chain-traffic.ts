import type pg from 'pg'
import { connectTo } from './postgres-server.ts'
import type { TestDatabase } from './postgres-server.ts'

export type Fate = 'committed' | 'rolled-back'

/**
 * Services that keep the head of each chain in their memory: a message is linked to one whose transaction is still open,
 * ids are drawn long before they are committed, in any order, and some never are. The worst that a chain can be written by.
 */
export interface Traffic {
  /** What became of each id that has ended. */
  readonly fates: ReadonlyMap<string, Fate>
  /** Ids that committed after a greater one of their chain was committed. */
  late(): number
  /** Ends the services; open transactions end as they would have. */
  stop(): Promise<void>
}

export interface TrafficOptions {
  readonly services: number
  readonly chains: number
  /** From 0 to 1, of all transactions. */
  readonly rollBack: number
  readonly slow: number
  /** A slow transaction stays open up to so long, in milliseconds. */
  readonly slowMs: number
  /** From 0 to 1. */
  readonly random: () => number
}

export async function startTraffic(database: TestDatabase, options: TrafficOptions): Promise<Traffic> {
  const { services, chains, random } = options
  const heads = new Map<string, string>()
  const highest = new Map<string, bigint>()
  const fates = new Map<string, Fate>()
  const connections = await Promise.all(Array.from({ length: services }, () => connectTo(database.name)))
  let stopped = false
  let late = 0

  // Whoever draws a number links it before the next one of the chain is drawn.
  const turns = new Map<string, Promise<unknown>>()
  const inTurn = <T>(chain: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(chain) ?? Promise.resolve()).then(work)
    turns.set(chain, turn)
    return turn
  }
  const message = async (client: pg.Client): Promise<void> => {
    const chain = `chain-${Math.floor(random() * chains)}`
    await client.query('begin')
    const { id, previous } = await inTurn(chain, async () => {
      const drawn = await client.query<{ id: string }>(
        `select nextval(pg_get_serial_sequence('outbox_message', 'id'))::text as id`,
      )
      const next = drawn.rows[0]!.id
      const before = heads.get(chain) ?? null
      heads.set(chain, next)
      return { id: next, previous: before }
    })
    const isSlow = random() < options.slow
    await pause(random() * (isSlow ? options.slowMs : 3))
    await client.query(
      `insert into outbox_message (id, prev_id, chain_key, message_id, payload) overriding system value
       values ($1, $2, $3, 'message-' || $1::bigint, '{}')`,
      [id, previous, chain],
    )
    await pause(random() * (isSlow ? options.slowMs : 3))
    if (random() < options.rollBack) {
      await client.query('rollback')
      fates.set(id, 'rolled-back')
      return
    }
    await client.query('commit')
    fates.set(id, 'committed')
    const number = BigInt(id)
    if (number < (highest.get(chain) ?? 0n)) late += 1
    else highest.set(chain, number)
  }

  const working = connections.map(async (client) => {
    while (!stopped) await message(client)
    await client.end()
  })
  return {
    fates,
    late: () => late,
    async stop() {
      stopped = true
      await Promise.all(working)
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((later) => setTimeout(later, ms))
}
