import type { Alert } from '../../../../src-preload/contract/alerts.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import { intervalOf, runAgain } from '../run-again.ts'

/** How far apart the runs of a scheduler are taken to be: a gap of three of these is a hole. */
const ONCE_PACE_SEC = 300
const SECOND_MS = 1_000

interface Watched {
  readonly state: 'done'
  readonly trouble: null
  readonly firing: number
}

export const watch: Command = {
  words: ['watch'],
  summary: 'Looks at every source and evaluates the alert rules, once or again and again until it is ended',
  operands: [],
  options: {
    once: {
      kind: 'flag',
      help: 'one look, then end: for a scheduler that comes every 5 minutes or more often',
    },
    every: { kind: 'text', value: '30s', help: 'a look each 30s, 5m or 1h' },
  },
  async run(context) {
    const everyMs = intervalOf(context.args)
    const client = await context.engine()
    const paceSec = everyMs === null ? ONCE_PACE_SEC : everyMs / SECOND_MS
    const once = (): Promise<Watched> => watchOnce(context, client, paceSec)
    if (everyMs === null) return codeOf(await once())
    const stopped = { type: 'watch-stopped', remark: 'watching' }
    return runAgain(context, client, { source: null, everyMs, once, codeOf, stopped })
  },
}

async function watchOnce(
  { output, signal }: CommandContext,
  client: EngineClient,
  paceSec: number,
): Promise<Watched> {
  const { sampled, told, open } = await client.alerts.check({ paceSec }, { signal })
  for (const { code, ...one } of sampled) {
    output.record({ type: 'sample', ...one, answered: code === null, code })
    if (code !== null) output.remark(`${one.kind} ${one.name} does not answer: ${code}`)
  }
  for (const { event, alert } of told) {
    output.record({ type: 'alert', event, ...alert })
    output.line(`${event}  ${sentence(alert)}`)
  }
  const failed = open.filter(({ delivery }) => delivery !== null && delivery.reason !== null)
  for (const { alert, delivery } of failed)
    output.remark(`The webhook did not take ${alert}, try ${delivery?.attempts}: ${delivery?.reason}`)
  const fresh = open.filter(({ acknowledged }) => acknowledged === null).length
  output.record({ type: 'watched', sampled: sampled.length, firing: open.length, fresh })
  output.line(`${sampled.length} looked at, ${open.length} firing, ${fresh} of them not acknowledged`)
  return { state: 'done', trouble: null, firing: open.length }
}

/** What fires needs a person, acknowledged or not. */
function codeOf({ firing }: Watched): ExitCode {
  return firing > 0 ? EXIT.attention : EXIT.done
}

function sentence({ rule, subject, when, value }: Alert): string {
  const what = `${rule}  ${subject.kind} ${subject.name}`
  const measured = value === null ? '' : ` ${Number.isInteger(value) ? value : value.toFixed(3)}`
  const above = 'above' in when ? ` (above ${when.above})` : ''
  const trouble = 'trouble' in when ? ` ${when.trouble}` : ''
  return `${what}  ${when.measure}${trouble}${measured}${above}`
}
