// The engine's heap is kept small, for a third more of the collector's time: see decisions/engine-memory.md. First of all that
// is loaded, which makes more garbage in one go than the young space should ever hold.
import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Both halves of what V8 keeps for objects that have just been made; by itself it would take 64 MiB. */
const YOUNG_BYTES = 8 * 1024 * 1024
/** How much may die in the old space before V8 looks for it, of what lives there; by itself V8 waits for three times as much. */
const GROWTH_PERCENT = 70

let mayGrow = false

/** The young space has no limit that can be set while a process runs; but it grows only when it is collected, by a factor that has. */
function setGrowth(): void {
  setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`)
}

function look(): void {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')
  const isSmall = young !== undefined && young.space_size < YOUNG_BYTES
  if (isSmall === mayGrow) return
  mayGrow = isSmall
  setGrowth()
}

// So little is collected sooner by one thread than shared out to several, which broker and database keep waiting.
setFlagsFromString('--no-parallel-scavenge')
setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
setGrowth()
new PerformanceObserver(look).observe({ entryTypes: ['gc'] })
