import { RedriveError } from '../../domain/errors.ts'
import { mappingColumns } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import { nameOf } from './catalogue.ts'
import type { Catalogue, Catalogues } from './catalogue.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'

/** Whether the tables are still as they were when the mapping was fitted to them. */
export interface Drift {
  /** Null: they are. Asks the server only where a connection has ended since the last time. */
  find(signal: AbortSignal): Promise<Text | null>
  /** Throws RedriveError `mapping-drifted`. */
  refuse(signal: AbortSignal): Promise<void>
}

export interface Looking {
  /** Grows with each connection that ended: until the next one the table may have been changed. */
  lost(): number
  /** Throws RedriveError `table-missing`. */
  catalogue(
    name: { readonly schema: string; readonly table: string },
    signal: AbortSignal,
  ): Promise<Catalogue>
}

export function newDrift(looking: Looking, mapping: Mapping, { own, more, companions }: Catalogues): Drift {
  const tables: readonly (readonly [Catalogue, string | null])[] = [
    [own, null],
    ...more.map((one) => [one, null] as const),
    ...[...companions].map(([name, catalogue]) => [catalogue, name] as const),
  ]
  let looked = looking.lost()
  let found: Text | null = null
  const find = async (signal: AbortSignal): Promise<Text | null> => {
    const lost = looking.lost()
    if (lost === looked) return found
    const problems = await Promise.all(
      tables.map(([before, companion]) =>
        differenceOf(looking, before, mappingColumns(mapping, companion), signal),
      ),
    )
    looked = lost
    found = together(problems.filter((one) => one !== null))
    return found
  }
  return {
    find,
    async refuse(signal) {
      const problem = await find(signal)
      if (problem !== null) throw new RedriveError('mapping-drifted', 'never', { problem })
    },
  }
}

async function differenceOf(
  looking: Looking,
  before: Catalogue,
  columns: readonly string[],
  signal: AbortSignal,
): Promise<Text | null> {
  const now = await tableNow(looking, before, signal)
  const name = nameOf(before)
  if (now === null) return say('drift.gone', { table: name })
  const differences = columns.flatMap((column) => {
    const type = now.columns.get(column)?.type
    const was = before.columns.get(column)?.type
    if (type === undefined) return [say('drift.column', { table: name, column })]
    return type === was ? [] : [say('drift.type', { table: name, column, type, was: was ?? '-' })]
  })
  const lostKey = before.keys.length > 0 && now.keys.length === 0 ? [say('drift.key', { table: name })] : []
  return together([...differences, ...lostKey])
}

function together([one, ...more]: readonly Text[]): Text | null {
  if (one === undefined) return null
  const rest = together(more)
  return rest === null ? one : say('drift.and', { one, more: rest })
}

async function tableNow(
  looking: Looking,
  { schema, table }: Catalogue,
  signal: AbortSignal,
): Promise<Catalogue | null> {
  try {
    return await looking.catalogue({ schema, table }, signal)
  } catch (error) {
    if (error instanceof RedriveError && error.code === 'table-missing') return null
    throw error
  }
}
