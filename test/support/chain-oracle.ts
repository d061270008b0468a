import { deviating } from '../../src-main/domain/chain/deviation.ts'
import type { ChainRow, Deviation } from '../../src-main/domain/chain/deviation.ts'
import type { FindingKind } from '../../src-main/domain/chain/finding.ts'

/** A finding as short as tests compare it. */
export type Told = `${FindingKind} ${string} <- ${string}`

export function told({
  kind,
  id,
  previousId,
}: {
  readonly kind: FindingKind
  readonly id: string
  readonly previousId: string | null
}): Told {
  return `${kind} ${id} <- ${previousId ?? '-'}`
}

/**
 * The definitions of the findings word by word, each by looking at everything: slow, and written without a look at how
 * the audit does it. `rows` in the order in which copies of an id were stored.
 */
export function naiveFindings(rows: readonly ChainRow[]): Told[] {
  const originals: ChainRow[] = []
  const answer: Told[] = []
  for (const row of rows) {
    if (originals.some(({ id }) => id === row.id)) answer.push(told({ kind: 'duplicate', ...row }))
    else originals.push(row)
  }
  const ordered = originals.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
  const byId = new Map(ordered.map((row) => [row.id, row]))
  for (const [at, row] of ordered.entries()) {
    const earlier = ordered.slice(0, at)
    const { id, previousId } = row
    if (previousId === null) {
      if (earlier.some((other) => other.previousId === null))
        answer.push(told({ kind: 'orphan-head', ...row }))
      continue
    }
    const shared = earlier.some((other) => other.previousId === previousId)
    if (shared) answer.push(told({ kind: 'fork', ...row }))
    const exists = byId.has(previousId)
    if (!exists && !shared) answer.push(told({ kind: 'missing', ...row }))
    if (exists && BigInt(previousId) >= BigInt(id)) {
      answer.push(told({ kind: isSmallestOfCycle(row, byId) ? 'cycle' : 'disorder', ...row }))
    }
  }
  return answer.sort()
}

function isSmallestOfCycle(row: ChainRow, byId: ReadonlyMap<string, ChainRow>): boolean {
  const passed: string[] = []
  for (let at: ChainRow | undefined = row; at !== undefined;) {
    passed.push(at.id)
    if (at.previousId === row.id) return passed.every((id) => BigInt(id) >= BigInt(row.id))
    if (at.previousId === null || passed.includes(at.previousId)) return false
    at = byId.get(at.previousId)
  }
  return false
}

/** Deviations as a source would tell them, from rows in memory. */
export function deviationsOf(chain: string, rows: readonly ChainRow[]): Deviation[] {
  const ordered = rows
    .map((row, stored) => ({ row, stored }))
    .sort((a, b) => Number(BigInt(a.row.id) - BigInt(b.row.id)) || a.stored - b.stored)
    .map(({ row }) => row)
  const originals = ordered.filter((row, at) => ordered[at - 1]?.id !== row.id)
  return [...deviating(ordered)].map(({ row, before }) => {
    const users = originals.filter((one) => one.previousId !== null && one.previousId === row.previousId)
    const above = users.filter((one) => BigInt(one.id) > BigInt(row.previousId ?? 0))
    return {
      ...row,
      chain,
      before,
      previousExists: originals.some(({ id }) => id === row.previousId),
      firstUser: users[0]?.id ?? null,
      firstUserAbove: above[0]?.id ?? null,
    }
  })
}
