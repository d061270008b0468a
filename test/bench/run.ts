import { parseArgs } from 'node:util'
import type { BenchLine } from './bench-line.ts'
import { benchAudit } from './audit-10m.ts'
import { benchPlanted } from './audit-planted.ts'
import { benchTraffic } from './audit-traffic.ts'
import { benchForeign } from './foreign-10m.ts'
import { benchKafka } from './kafka.ts'
import { benchList } from './list-100k.ts'
import { benchOutbox } from './outbox-10m.ts'
import { benchRabbit } from './rabbitmq.ts'
import { benchResend200k } from './resend-200k.ts'
import { benchResend } from './resend.ts'
import { benchStart } from './start.ts'

/** Ten minutes and more: only where they are asked for. */
const LONG: readonly string[] = ['resend-200k', 'audit', 'audit-planted', 'audit-traffic', 'foreign', 'list']

const benches: Readonly<Record<string, (print: (line: string) => void) => Promise<readonly BenchLine[]>>> = {
  outbox: benchOutbox,
  resend: benchResend,
  'resend-200k': benchResend200k,
  audit: benchAudit,
  'audit-planted': benchPlanted,
  'audit-traffic': benchTraffic,
  rabbitmq: benchRabbit,
  kafka: benchKafka,
  foreign: benchForeign,
  list: benchList,
  start: benchStart,
}
const NAME_WIDTH = 28

/** Runs every bench but the long ones, or the one that `--only` names, and ends with 1 where a limit was missed. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string' } } })
  const names =
    values.only === undefined ? Object.keys(benches).filter((name) => !LONG.includes(name)) : [values.only]
  const lines: BenchLine[] = []
  for (const name of names) {
    const bench = benches[name]
    if (bench === undefined) {
      console.error(`there is no bench ${name}; there are: ${Object.keys(benches).join(', ')}`)
      return 2
    }
    console.log(`# ${name}`)
    lines.push(...(await bench((line) => console.log(line))))
  }
  console.log(`\n${'name'.padEnd(NAME_WIDTH)} | value         | limit     | ok`)
  for (const { name, value, limit, bound, ok } of lines) {
    const allowed = `${bound === 'least' ? '>=' : '<='} ${limit}`
    console.log(
      `${name.padEnd(NAME_WIDTH)} | ${value.toFixed(2).padStart(13)} | ${allowed.padEnd(9)} | ${ok ? 'ok' : 'MISSED'}`,
    )
  }
  return lines.every(({ ok }) => ok) ? 0 : 1
}

process.exitCode = await main()
