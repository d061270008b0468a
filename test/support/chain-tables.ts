import { onTestFinished } from 'vitest'
import type { ChainShape } from '../../src-main/domain/chain/shape.ts'
import type { ChainReader } from '../../src-main/ports/chains.ts'
import { readerOf } from './free-chains.ts'
import type { ReaderOptions } from './free-chains.ts'
import type { TestDatabase } from './postgres-server.ts'

/** As `readerOf`, until the test is over. */
export async function openChains(
  database: Pick<TestDatabase, 'url'>,
  table: string,
  shape: ChainShape,
  options: ReaderOptions = {},
): Promise<ChainReader> {
  const reader = await readerOf(database, table, shape, options)
  onTestFinished(() => reader.close())
  return reader
}
