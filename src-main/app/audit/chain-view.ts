import { RedriveError } from '../../domain/errors.ts'
import { linkAfter } from '../../domain/chain/deviation.ts'
import type { Message } from '../../domain/message.ts'
import type { ChainReader, ChainRowAt } from '../../ports/chains.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { Connections } from '../connections/connections.ts'

export interface ChainViewRequest {
  readonly source: string
  readonly chain: string
  /** Null: the end of the chain. */
  readonly around: string | null
  readonly before: number
  readonly after: number
}

export interface ChainViewBlock {
  readonly id: string
  readonly prevId: string | null
  readonly message: Message | null
  /** `gap`: a predecessor that does not exist belongs before it. `wrong`: the chain holds its predecessor elsewhere. */
  readonly link: 'head' | 'linked' | 'gap' | 'copy' | 'wrong'
}

export interface ChainView {
  readonly blocks: readonly ChainViewBlock[]
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Blocks of a chain as they are drawn, each with how it follows the one before it. */
export async function viewChain(
  connections: Connections,
  request: ChainViewRequest,
  signal: AbortSignal,
): Promise<ChainView> {
  const { source, chain, around, before, after } = request
  return connections.withOutbox(
    source,
    async (outbox) => {
      const reader = readerOf(outbox, source)
      // One more on each side tells whether there is more, and what the first block follows.
      const window = { chain, around, before: before + 1, after: after + 1 }
      const rows = await reader.window(window, signal)
      const { shown, from } = cut(rows, request)
      const links = await linksOf(reader, rows, signal)
      // A number within its chain does not name a row.
      const { id: number, rowKey } = reader.shape
      const ids = number === rowKey ? [...new Set(shown.map(({ id }) => id))] : []
      const messages = ids.length === 0 ? [] : await outbox.read(ids, signal)
      const byId = new Map(messages.map((message) => [message.id, message]))
      return {
        blocks: shown.map((row, at) => ({
          id: row.id,
          prevId: row.previousId,
          message: byId.get(row.id) ?? null,
          link: links[from + at] ?? 'wrong',
        })),
        moreBefore: from > 0,
        moreAfter: from + shown.length < rows.length,
      }
    },
    signal,
  )
}

/** Throws `chain-not-mapped`, `chain-audit-unavailable`. */
export function readerOf(outbox: Outbox, source: string): ChainReader {
  const { chains } = outbox
  if (chains === 'unavailable') {
    throw new RedriveError('chain-audit-unavailable', 'never', {
      source,
      reason:
        'only PostgreSQL tells what it takes; redrive audit --places compares stored, sent and consumed',
    })
  }
  if (chains === null) throw new RedriveError('chain-not-mapped', 'never', { source })
  return chains
}

function cut(
  rows: readonly ChainRowAt[],
  { around, before, after }: ChainViewRequest,
): { readonly shown: readonly ChainRowAt[]; readonly from: number } {
  if (around === null) {
    const from = Math.max(0, rows.length - (before + after + 1))
    return { shown: rows.slice(from), from }
  }
  const earlier = rows.filter(({ id }) => BigInt(id) < BigInt(around)).length
  const from = Math.max(0, earlier - before)
  return { shown: rows.slice(from, earlier + after + 1), from }
}

async function linksOf(
  reader: ChainReader,
  rows: readonly ChainRowAt[],
  signal: AbortSignal,
): Promise<readonly ChainViewBlock['link'][]> {
  if (reader.shape.numbers !== 'linked') return rows.map((row, at) => numberLink(reader, rows[at - 1], row))
  const links = rows.map((row, at) => ({ row, link: linkAfter(rows[at - 1]?.id ?? null, row) }))
  const here = new Set(rows.map(({ id }) => id))
  const asked = links.flatMap(({ row: { chain, previousId }, link }) =>
    link === 'deviates' && previousId !== null && !here.has(previousId) ? [{ chain, id: previousId }] : [],
  )
  const present = asked.length === 0 ? [] : await reader.present(asked, signal)
  const found = new Set(present.filter(({ chain }) => chain === rows[0]?.chain).map(({ id }) => id))
  return links.map(({ row, link }, at) => {
    if (link !== 'deviates') return link
    if (row.previousId === null) return 'wrong'
    const exists = here.has(row.previousId) || found.has(row.previousId)
    // The first row of the window follows one that was not read.
    return !exists ? 'gap' : at === 0 && found.has(row.previousId) ? 'linked' : 'wrong'
  })
}

function numberLink(
  { shape }: ChainReader,
  before: ChainRowAt | undefined,
  { id }: ChainRowAt,
): ChainViewBlock['link'] {
  if (before === undefined) return 'head'
  if (before.id === id) return 'copy'
  return shape.numbers === 'continuous' && BigInt(id) > BigInt(before.id) + 1n ? 'gap' : 'linked'
}
