import { RedriveError } from '../../domain/errors.ts'
import { SCHEMA } from './database.ts'
import type { Database, Queries } from './database.ts'
import { migrations } from './migrations.ts'

/** Two consoles that open a new store at the same moment. Any number will do that nobody else has. */
const OPENING_LOCK = 0x52445256

export interface StoreId {
  /** Differs for each store, so that what was seen of one says nothing about another. */
  readonly id: string
}

interface StoreRow extends StoreId {
  readonly version: number
}

/** `store`: the name of the database, for errors. */
export function requireKnown(store: string, version: number): void {
  if (version <= migrations.length) return
  throw new RedriveError('store-newer', 'never', { path: store, version, known: migrations.length })
}

/** Makes the schema where there is none, and brings it to the newest version. Changes nothing where it is that already. */
export async function openSchema(db: Database, store: string): Promise<StoreId> {
  const found = await db.read(find)
  if (found !== null) requireKnown(store, found.version)
  if (found?.version === migrations.length) return found
  return db.aside(async (queries) => {
    await queries.run(`SELECT pg_advisory_xact_lock(${OPENING_LOCK})`)
    // Read again: another console may have been faster.
    const now = (await find(queries)) ?? (await adopt(queries, store))
    requireKnown(store, now.version)
    for (const step of migrations.slice(now.version)) await queries.run(step)
    await queries.run('UPDATE store SET version = $1', migrations.length)
    return now
  })
}

async function find(queries: Queries): Promise<StoreRow | null> {
  // By the rows of the catalogue: to_regclass answers from a memory that another console may have made old a moment ago.
  const known = await queries.get(
    `SELECT 1 AS one FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = 'store'`,
    SCHEMA,
  )
  if (known === undefined) return null
  return (await queries.get<StoreRow>('SELECT id, version FROM store')) ?? null
}

async function adopt(queries: Queries, store: string): Promise<StoreRow> {
  const foreign = await queries.get(
    'SELECT 1 AS one FROM pg_class WHERE relnamespace = to_regnamespace($1) LIMIT 1',
    SCHEMA,
  )
  if (foreign !== undefined) {
    const problem = `another program made the schema "${SCHEMA}"`
    throw new RedriveError('store-failed', 'never', { path: store, problem })
  }
  await queries.run(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`)
  await queries.run(
    `CREATE TABLE store (one smallint PRIMARY KEY CHECK (one = 1), id text NOT NULL, version bigint NOT NULL)`,
  )
  await queries.run('INSERT INTO store (one, id, version) VALUES (1, gen_random_uuid()::text, 0)')
  const made = await find(queries)
  return made ?? { id: '', version: 0 }
}
