import { onScopeDispose } from 'vue'
import type { Lane } from './lane.ts'
import type { Row } from './rows.ts'

/** Rows that were in sight for so long are looked at; a shorter time is scrolling. */
const LOOKED_AT_MS = 150
const NOTHING_STALE = Promise.resolve(false)

export interface Sight {
  /** These rows are in sight, by their indexes. */
  readonly look: (first: number, last: number) => void
  /** Reads again what is in sight and older than the last refresh. */
  readonly freshen: () => Promise<void>
}

/** What somebody looks at is fresh, however far down; the rest waits until it is looked at. */
export function useSight(rows: () => readonly Row[], lanes: () => readonly Lane[]): Sight {
  let seen: readonly [number, number] = [0, 0]
  let timer: ReturnType<typeof setTimeout> | undefined
  onScopeDispose(() => clearTimeout(timer))

  async function freshen(): Promise<void> {
    for (let more = true; more;) {
      const shown = rows().slice(seen[0], seen[1] + 1)
      const read = lanes().map((lane) => {
        const first = shown.find(({ source }) => source === lane.source)
        const last = shown.findLast(({ source }) => source === lane.source)
        return first === undefined || last === undefined ? NOTHING_STALE : lane.freshen(first, last)
      })
      more = (await Promise.all(read)).includes(true)
    }
  }
  return {
    freshen,
    look: (first: number, last: number): void => {
      seen = [first, last]
      clearTimeout(timer)
      timer = setTimeout(() => void freshen(), LOOKED_AT_MS)
    },
  }
}
