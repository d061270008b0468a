/**
 * Seeds of the simulation on demand: `npm run simulate -- --seeds 100000 --from 1`. A failing seed is told to its end
 * and kept in seeds.json. Ends with 1 where a property was broken.
 */
import { parseArgs } from 'node:util'
import { openSeedPlace } from './run-seed.ts'
import { keepSeed } from './seeds.ts'
import { tell } from './telling.ts'

/** More failing seeds than these would tell of the same. */
const FAILURES_MAX = 5
const PROGRESS_SEEDS = 5_000

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, from: { type: 'string', default: '1' } },
})
const from = Number(values.from)
const count = Number(values.seeds)
const place = await openSeedPlace()
const sum = {
  ...{ attempted: 0, acknowledged: 0, lost: 0, unexpected: 0, duplicated: 0, recovered: 0, unknown: 0 },
  events: 0,
}
const startMs = Date.now()
let failures = 0
let done = 0
while (done < count && failures < FAILURES_MAX) {
  const report = await place.run(from + done)
  done += 1
  for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key]
  const [first] = report.violations
  if (first) {
    failures += 1
    keepSeed(report.seed, first.property)
    console.log(tell(report))
  }
  if (done % PROGRESS_SEEDS === 0) console.log(`${done} seeds`)
}
place.close()
const ms = Date.now() - startMs
console.log(
  `${done} seeds from ${from}, ${(ms / done).toFixed(1)} ms each: attempted ${sum.attempted}, ` +
    `acknowledged ${sum.acknowledged}, lost ${sum.lost}, unexpected ${sum.unexpected}, ` +
    `duplicated ${sum.duplicated}, recovered ${sum.recovered}, unknown ${sum.unknown}, ${sum.events} events; ` +
    `${failures} failing seeds`,
)
process.exitCode = failures === 0 ? 0 : 1
