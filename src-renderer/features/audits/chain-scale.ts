/** Positions on the strip of a whole chain: ids are whole numbers of any size, so they never become floating point. */

const PARTS = 10_000n

export interface ChainEnds {
  readonly first: string
  readonly last: string
}

/** Where an id lies between the chain's ends, from 0 to 1. */
export function shareOf(id: string, { first, last }: ChainEnds): number {
  const [from, to, at] = [BigInt(first), BigInt(last), BigInt(id)]
  if (to <= from) return 0
  const part = ((at - from) * PARTS) / (to - from)
  return Math.min(1, Math.max(0, Number(part) / Number(PARTS)))
}

/** The id at this share of the way: no message need have it. */
export function idAt(share: number, { first, last }: ChainEnds): string {
  const [from, to] = [BigInt(first), BigInt(last)]
  const part = BigInt(Math.round(Math.min(1, Math.max(0, share)) * Number(PARTS)))
  return String(from + ((to - from) * part) / PARTS)
}

/** Marks that would lie on one another become one: how many there are, and the first of them. */
export function marksAt<T extends { readonly id: string }>(
  things: readonly T[],
  ends: ChainEnds,
  placesMax: number,
): readonly { readonly share: number; readonly count: number; readonly first: T }[] {
  const places = Map.groupBy(things, ({ id }) => Math.round(shareOf(id, ends) * placesMax))
  return [...places].flatMap(([place, all]) => {
    const [first] = all
    return first === undefined ? [] : [{ share: place / placesMax, count: all.length, first }]
  })
}
