import { setTimeout as sleep } from 'node:timers/promises'
import { median } from './bench-line.ts'
import type { BenchLine } from './bench-line.ts'
import { openResendLab } from './resend-lab.ts'
import type { ResendLab } from './resend-lab.ts'
import { ofSerialBound, ofSlowerFloor, roundLine } from './resend.ts'

const MESSAGES = 200_000
/** On a shared machine one round tells little: two of five may be disturbed. */
const ROUNDS = 5
const SLOWER_FLOOR_MIN = { classic: 0.75, quorum: 0.7 }
const SERIAL_BOUND_MIN = 1.05
const MEMORY_MB_MAX = 150
/** How much more the engine may hold after a job five times as large. */
const GROWTH_MAX = 1.15
const SMALL_MESSAGES = 40_000
const ANSWER_SEC_MAX = 1
/** Into the job, so that claims, publishes and marks are all under way. */
const BEFORE_STOP_MS = 1_500
const MB = 1_000_000

/** A large resend with the journal on: speed on both kinds of queues, memory, and how soon an operator is obeyed. */
export async function benchResend200k(print: (line: string) => void): Promise<readonly BenchLine[]> {
  const small = await peakMb({ messages: SMALL_MESSAGES, print })
  const lines: BenchLine[] = []
  for (const queueType of ['classic', 'quorum'] as const) {
    const lab = await openResendLab({ messages: MESSAGES, queueType })
    try {
      lines.push(...(await speed(lab, queueType, print)))
      if (queueType === 'classic') {
        const { peakBytes } = lab.engine.memory()
        const peak = peakBytes / MB
        print(`memory: at most ${peak.toFixed(0)} MB; ${small.toFixed(0)} MB with ${SMALL_MESSAGES} messages`)
        lines.push(
          most('engine memory, MB', peak, MEMORY_MB_MAX),
          most('its growth', peak / small, GROWTH_MAX),
        )
        lines.push(...(await obedience(lab, print)))
      }
    } finally {
      await lab.close()
    }
  }
  return lines
}

async function speed(
  lab: ResendLab,
  queueType: 'classic' | 'quorum',
  print: (line: string) => void,
): Promise<BenchLine[]> {
  const floors: number[] = []
  const serials: number[] = []
  for (let index = 1; index <= ROUNDS; index += 1) {
    const round = await lab.round(index)
    floors.push(ofSlowerFloor(round))
    serials.push(ofSerialBound(round))
    print(`${queueType}, ${roundLine(index, MESSAGES, round)}`)
  }
  return [
    least(`${MESSAGES}, ${queueType} queue`, median(floors), SLOWER_FLOOR_MIN[queueType]),
    least(`same, of the serial bound`, median(serials), SERIAL_BOUND_MIN),
  ]
}

async function peakMb({
  messages,
  print,
}: {
  readonly messages: number
  readonly print: (line: string) => void
}): Promise<number> {
  const lab = await openResendLab({ messages, queueType: 'classic' })
  try {
    for (let index = 1; index <= ROUNDS; index += 1) {
      const { job } = await lab.run(await lab.plan())
      await lab.ended(job)
    }
    const { peakBytes } = lab.engine.memory()
    print(`${messages} messages: at most ${(peakBytes / MB).toFixed(0)} MB`)
    return peakBytes / MB
  } finally {
    await lab.close()
  }
}

/** Seconds from the operator's word to the engine's, in the middle of the job. */
async function obedience(lab: ResendLab, print: (line: string) => void): Promise<BenchLine[]> {
  const { job } = await lab.run(await lab.plan())
  const timed = async (
    name: 'jobs.pause' | 'jobs.continue' | 'jobs.cancel',
    state: string,
  ): Promise<number> => {
    await sleep(BEFORE_STOP_MS)
    const startedAt = performance.now()
    const answer = await lab.engine.call(name, { job })
    const seconds = (performance.now() - startedAt) / 1_000
    if (answer.state !== state) throw new Error(`${name} left the job ${answer.state}`)
    print(`${name} answered after ${seconds.toFixed(2)} s, ${answer.ended} of ${answer.items} ended`)
    return seconds
  }
  return [
    most('pause, seconds', await timed('jobs.pause', 'paused'), ANSWER_SEC_MAX),
    most('resume, seconds', await timed('jobs.continue', 'running'), ANSWER_SEC_MAX),
    most('cancel, seconds', await timed('jobs.cancel', 'cancelled'), ANSWER_SEC_MAX),
  ]
}

function least(name: string, value: number, limit: number): BenchLine {
  return { name, value, limit, bound: 'least', ok: value >= limit }
}

function most(name: string, value: number, limit: number): BenchLine {
  return { name, value, limit, ok: value <= limit }
}
