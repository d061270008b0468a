// The engine's heap is kept small, for more of the collector's time: see decisions/engine-memory.md. First of all that is
// loaded, which makes more garbage in one go than the young space should ever hold.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Of what V8 keeps for objects that have just been made, both halves: a size from which they may double once more. */
const DOUBLED_BELOW_BYTES = 9 * 1024 * 1024
/** How much may die in the old space before V8 looks for it, of what lives there; by itself V8 waits for three times as much. */
const OLD_GROWTH_PERCENT = 40
/** V8 makes the young space smaller when little happens; so often is looked whether it did. */
const LOOK_EVERY_MS = 1_000

const collections = new PerformanceObserver(look)

/**
 * The young space, 64 MiB by itself, has no limit that can be set while a process runs; but it grows only when it is
 * collected, by a factor that has: so it doubles up to 8 MiB for each half, and not beyond.
 */
function look(): void {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  const mayGrow = young !== undefined && young.space_size < DOUBLED_BELOW_BYTES
  setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
  collections.disconnect()
  // While it grows after each one; afterwards that would be work for nothing.
  if (mayGrow) collections.observe({ entryTypes: ['gc'] })
}

// So little is collected sooner by one thread than shared out to several, which broker and database keep waiting; and what is
// collected before it is full is collected too often.
setFlagsFromString('--no-parallel-scavenge')
setFlagsFromString('--no-minor-gc-task')
setFlagsFromString(`--heap-growing-percent=${OLD_GROWTH_PERCENT}`)
// It grows from the first look on: while all is loaded nothing could stop it.
setFlagsFromString('--semi-space-growth-factor=1')
setInterval(look, LOOK_EVERY_MS).unref()
