import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'
import { openResendLab } from './resend-lab.ts'
import type { Round } from './resend-lab.ts'

const MESSAGES = 40_000
const ROUNDS = 5
const RATIO_MIN = 0.65

/**
 * A resend through the whole engine, journalled and marked, against the slower of two floors of the same round: what
 * the broker confirms to a bare client, and what the database claims and marks for one. All three share the machine's
 * cores with broker and database, so 1 is out of reach.
 */
export async function benchResend(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const lab = await openResendLab({ messages: MESSAGES, queueType: 'classic' })
  try {
    await lab.round(0)
    const ratios: number[] = []
    for (let index = 1; index <= ROUNDS; index += 1) {
      const round = await lab.round(index)
      ratios.push(ofSlowerFloor(round))
      print(roundLine(index, MESSAGES, round))
    }
    const value = median(ratios)
    const name = `resend of ${MESSAGES}`
    return [{ name, value, limit: RATIO_MIN, bound: 'least', ok: value >= RATIO_MIN }]
  } finally {
    await lab.close()
  }
}

export function ofSlowerFloor({ publishMs, markMs, engineMs }: Round): number {
  return Math.max(publishMs, markMs) / engineMs
}

/** Above 1 only where publishing and marking overlap: one after the other would take the sum of both. */
export function ofSerialBound({ publishMs, markMs, engineMs }: Round): number {
  return (publishMs + markMs) / engineMs
}

export function roundLine(index: number, messages: number, round: Round): string {
  const { publishMs, markMs, engineMs } = round
  const rates = [publishMs, markMs, engineMs].map((ms) => Math.round((messages * 1_000) / ms))
  return (
    `round ${index}: publish ${rates[0]} /s, claim and mark ${rates[1]} /s, resend ${rates[2]} /s, ` +
    `ratio ${ofSlowerFloor(round).toFixed(2)}, serial bound ${ofSerialBound(round).toFixed(2)}`
  )
}
