import { median } from './bench-line.ts'

export interface PairedRounds<Place> {
  readonly rounds: number
  /** Messages of one run. */
  readonly messages: number
  /** How the floor is called in what is printed. */
  readonly floorName: string
  /** Where both of a round publish to. */
  readonly place: () => Promise<Place>
  /** Each carries out one run and answers with its milliseconds. */
  readonly own: (place: Place) => Promise<number>
  readonly floor: (place: Place) => Promise<number>
  readonly print: (line: string) => void
}

/**
 * The median of the floor's time over ours, in rounds of one run each. Who goes first changes, so that neither always has the
 * warmer broker; the first round warms up and does not count.
 */
export async function ratioOfRounds<Place>(options: PairedRounds<Place>): Promise<number> {
  const { rounds, messages, floorName, place, own, floor, print } = options
  const rate = (ms: number): number => Math.round((messages * 1_000) / ms)
  const ratios: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const at = await place()
    const before = round % 2 === 0 ? await own(at) : null
    const floorMs = await floor(at)
    const ownMs = before ?? (await own(at))
    if (round === 0) continue
    ratios.push(floorMs / ownMs)
    print(`round ${round}: ${floorName} ${rate(floorMs)} /s, Redrive ${rate(ownMs)} /s`)
  }
  return median(ratios)
}

export async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}
