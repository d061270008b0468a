/** The newest answers that say how fast a server is now; older ones than the window say nothing. */
const RECENT_MAX = 5
const RECENT_MIN = 3
const RECENT_WINDOW_MS = 30_000
/** What is usual: the calmest of the minutes that are remembered. */
const MINUTE_MS = 60_000
const MINUTES_MAX = 30
const OF_A_MINUTE_MAX = 60
/** So much more than usual must an answer take: on a machine beside, ten times nothing is nothing. */
const RISE_MS_MIN = 50
/** For the ratio that a person reads: quicker than this is not told apart. */
const USUAL_MS_MIN = 1

interface Minute {
  readonly at: number
  readonly answers: number[]
}

/** How long one kind of small statement takes, against what it usually takes on the same server. */
export interface Latency {
  note(tookMs: number, nowMs: number, factor: number): void
  /** How many times slower than usual; null: no slower than `factor` times, or nothing is known. */
  slower(nowMs: number, factor: number): number | null
}

/**
 * Answers of a slow time do not change what is usual. What has been slow for half an hour is the new usual: by then the
 * calm minutes are forgotten, and the database, or the way to it, is another one.
 */
export function newLatency(): Latency {
  let recent: { readonly atMs: number; readonly tookMs: number }[] = []
  let minutes: Minute[] = []

  const usual = (nowMs: number): number | null => {
    minutes = minutes.filter(({ at }) => at > Math.floor(nowMs / MINUTE_MS) - MINUTES_MAX)
    const known = minutes.filter(({ answers }) => answers.length >= RECENT_MIN)
    return known.length === 0 ? null : Math.min(...known.map(({ answers }) => median(answers)))
  }
  const slower: Latency['slower'] = (nowMs, factor) => {
    recent = recent.filter(({ atMs }) => atMs > nowMs - RECENT_WINDOW_MS && atMs <= nowMs)
    const before = usual(nowMs)
    if (before === null || recent.length < RECENT_MIN) return null
    const now = median(recent.map(({ tookMs }) => tookMs))
    if (now - before < RISE_MS_MIN || now < before * factor) return null
    return now / Math.max(before, USUAL_MS_MIN)
  }
  return {
    note(tookMs, nowMs, factor) {
      recent = [...recent.slice(1 - RECENT_MAX), { atMs: nowMs, tookMs }]
      if (slower(nowMs, factor) !== null) return
      const at = Math.floor(nowMs / MINUTE_MS)
      let minute = minutes.find((one) => one.at === at)
      if (minute === undefined) minutes.push((minute = { at, answers: [] }))
      if (minute.answers.length < OF_A_MINUTE_MAX) minute.answers.push(tookMs)
    },
    slower,
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
