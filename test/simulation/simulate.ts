/**
 * Runs seeds of the simulation: `npm run simulate -- --seeds 100000 --from 1`. With `--trace` one seed is told to its
 * end. Ends with 1 where a property was broken.
 */
import { parseArgs } from 'node:util'
import { openSeedPlace } from './run-seed.ts'
import { tell } from './telling.ts'

const FAILURES_MAX = 5
const PROGRESS_SEEDS = 5_000

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } },
})
const from = Number(values.from)
const count = Number(values.seeds)
const place = await openSeedPlace()
const sum = { attempted: 0, acknowledged: 0, duplicated: 0, unknown: 0, events: 0 }
let failures = 0
const startMs = Date.now()
for (let seed = from; seed < from + count && failures < FAILURES_MAX; seed += 1) {
  const report = await place.run(seed)
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key]
  if (report.violations.length > 0) {
    failures += 1
    console.log(tell(report))
  }
  if ((seed - from + 1) % PROGRESS_SEEDS === 0) console.log(`${seed - from + 1} seeds`)
}
place.close()
const ms = Date.now() - startMs
console.log(
  `${count} seeds from ${from} in ${ms} ms (${(ms / count).toFixed(1)} ms each): attempted ${sum.attempted}, ` +
    `acknowledged ${sum.acknowledged}, duplicated ${sum.duplicated}, unknown ${sum.unknown}, ${sum.events} events, ` +
    `${failures} failing seeds`,
)
process.exitCode = failures === 0 ? 0 : 1
