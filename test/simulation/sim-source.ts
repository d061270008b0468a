import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Random } from '../../src-main/sandbox/random.ts'
import type { SourceFaults } from './scenario.ts'
import type { Execute } from './sim-outbox.ts'
import type { VirtualTime } from './virtual-time.ts'

const TRAVEL_MS_MAX = 20
const SLOW_MS_MAX = 4_000
const TIMEOUT_MS = 10_000
const LATE_MS_MAX = 3_000

export interface SourceWeather {
  readonly time: VirtualTime
  readonly random: Random
  /** Null while the weather is calm. */
  readonly faults: () => SourceFaults | null
  readonly trace: (line: string) => void
  /** True where the process that sent the statement is dead: bytes that had not left are gone. */
  readonly gone: () => boolean
}

type Trouble = keyof SourceFaults | 'none'

/** How statements fare on their way to the simulated server and back. */
export function sourceExecute({ time, random, faults, trace, gone }: SourceWeather): Execute {
  const travel = (signal: AbortSignal, slow: boolean): Promise<void> =>
    time.sleep(random.next() * (slow ? SLOW_MS_MAX : TRAVEL_MS_MAX), signal)
  /** A claim by a token locks it: the repeat of one that is still at work waits for it. */
  let claiming: Promise<unknown> = Promise.resolve()
  return async ({ name, mode, run }, signal) => {
    if (name === 'claimDue') await claiming
    if (signal.aborted) throw new RedriveError('cancelled', 'later')
    const trouble = draw(random, faults(), mode)
    const say = (what: string): void => trace(`source ${name} ${what}`)
    if (trouble === 'unreachable') {
      say('unreachable')
      throw lost('later', 'could not connect')
    }
    const slow = trouble === 'slow'
    await travel(signal, slow).catch(() => {
      throw new RedriveError('cancelled', 'later')
    })
    if (trouble === 'timeout') {
      await time.sleep(TIMEOUT_MS)
      say('timeout')
      throw new RedriveError('query-timeout', 'later', { limitMs: TIMEOUT_MS })
    }
    const broken = lost(mode === 'write' ? 'unknown-effect' : 'later', 'the connection broke')
    if (trouble === 'lostBefore' || (gone() && random.chance(0.5))) {
      say('lost before')
      throw broken
    }
    if (trouble === 'late') {
      const late = time.sleep(random.next() * LATE_MS_MAX).then(() => {
        say('takes effect late')
        run()
      })
      if (name === 'claimDue') claiming = late
      throw broken
    }
    const result = run()
    say(slow ? 'slow' : 'done')
    // Whether it was committed can no longer be told once the answer has no way back.
    await travel(signal, slow).catch(() => {
      throw broken
    })
    if (trouble !== 'lostAfter') return result
    say('answer lost')
    throw broken
  }
}

function draw(random: Random, faults: SourceFaults | null, mode: 'read' | 'write'): Trouble {
  if (!faults) return 'none'
  let left = random.next()
  for (const [name, chance] of Object.entries(faults) as [keyof SourceFaults, number][]) {
    left -= chance
    if (left >= 0) continue
    return name === 'late' && mode === 'read' ? 'none' : name
  }
  return 'none'
}

function lost(retry: 'later' | 'unknown-effect', reason: string): RedriveError {
  return new RedriveError('connection-lost', retry, { server: 'the source', reason })
}
