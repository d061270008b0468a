import { openWorkspaceFile } from '../../../adapters/workspace-file/workspace-file.ts'
import type { CallbackPlaces, CallbackService } from '../../../app/callback/service.ts'
import { openLocalEngine } from '../../common/local-engine.ts'
import { createLog } from '../../common/log.ts'
import type { Running } from '../../compose.ts'
import type { Command, CommandContext } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { serveHealth } from '../health.ts'
import type { Health } from '../health.ts'
import { sourceOption } from '../options.ts'

const PORT_MAX = 65_535
const PORT_DEFAULT = 7374
/** A service that has not said anything for so long hangs. */
const SILENT_MS_MAX = 15_000

export const callback: Command = {
  words: ['callback'],
  summary:
    'The callback service of a source: stores confirmations, answers delayed checks, until it is ended',
  operands: [],
  options: {
    source: sourceOption,
    resend: {
      kind: 'flag',
      help: 'ask the sender to resend what was not confirmed in time; without it nobody is asked',
    },
    declare: { kind: 'flag', help: 'make queues or topics that are missing, and the delay of the checks' },
    port: {
      kind: 'text',
      value: 'N',
      help: `port of /healthz on 127.0.0.1 (${PORT_DEFAULT}); 0: any free one`,
    },
  },
  async run(context) {
    const { args, globals, signal } = context
    const source = args.required('source')
    const port = args.integer('port', { min: 0, max: PORT_MAX }) ?? PORT_DEFAULT
    await openWorkspaceFile({ path: globals.workspaceFile }).load()
    const running = await openLocalEngine({
      host: 'cli',
      dataDir: globals.dataDir,
      workspace: { file: globals.workspaceFile },
      storeUrl: globals.storeUrl,
      memoryBroker: null,
      asks: true,
      log: createLog('warn'),
    })
    try {
      await serve(context, running, { source, port, asks: args.flag('resend') }, signal)
    } finally {
      await running.close()
    }
    return EXIT.done
  },
}

async function serve(
  { args, output }: CommandContext,
  { callbacks }: Running,
  { source, port, asks }: { readonly source: string; readonly port: number; readonly asks: boolean },
  signal: AbortSignal,
): Promise<void> {
  if (args.flag('declare')) await callbacks.declare(source, signal)
  const places = await callbacks.places(source, signal)
  const service = callbacks.service({ source, asks })
  // First the health: whoever watches it may learn that the rest did not come up.
  const health = await serveHealth(port, () => healthOf(callbacks, service, source))
  try {
    const { confirmations, checks, broker } = places.listen
    const delays = places.delays.map(({ way, place }) => ({ way, place }))
    if (places.missing.length === 0)
      output.record({
        type: 'callback',
        source,
        broker,
        confirmations,
        checks,
        delays,
        asks,
        health: health.url,
      })
    output.line(`Listening to ${confirmations} and ${checks} of ${broker}; health at ${health.url}`)
    output.line(asks ? 'The sender is asked to resend what is not confirmed in time.' : 'Nobody is asked.')
    for (const line of delayLines(places)) output.remark(line)
    await service.run(signal)
  } finally {
    await health.close()
  }
}

function delayLines({ listen, missing, delays }: CallbackPlaces): readonly string[] {
  if (missing.length > 0) return []
  if (delays.length === 0)
    return [
      `Nothing delays what goes to ${listen.checks}: no ${listen.checks}.delay, no ${listen.checks}.delayed. --declare makes it.`,
    ]
  const words = {
    queue: 'with a time to live',
    exchange: 'with x-delay',
    timestamp: 'by the time of a record',
  }
  return delays.map(({ way, place }) => `Checks are delayed by ${place} (${words[way]}).`)
}

async function healthOf(
  callbacks: Running['callbacks'],
  service: CallbackService,
  source: string,
): Promise<Health> {
  const status = service.status()
  const counts = (await callbacks.list()).find((view) => view.source === source)?.counts ?? null
  if (status === null) return { healthy: false, detail: { source, problem: 'not begun', counts } }
  const silentMs = Date.now() - Date.parse(status.at)
  const { confirmations, checks } = status.feeds
  const connected = confirmations.state === 'connected' && checks.state === 'connected'
  return { healthy: connected && silentMs < SILENT_MS_MAX, detail: { source, ...status, counts } }
}
