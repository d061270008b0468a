import { ensureBuilt } from '../../common/build.ts'
import { tokenStands } from '../../../domain/operator-token.ts'
import { openLocalEngine } from '../../common/local-engine.ts'
import { createLog } from '../../common/log.ts'
import { publicOriginOf } from '../../http/origins.ts'
import { runHttp } from '../../http/run-http.ts'
import type { Running } from '../../compose.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const PORT_MAX = 65_535
const PORT_DEFAULT = 7373

export const serve: Command = {
  words: ['serve'],
  summary: 'The console in a browser of this machine, until it is ended',
  operands: [],
  options: {
    port: { kind: 'text', value: 'N', help: `port on 127.0.0.1 (${PORT_DEFAULT}); 0: any free one` },
    operators: {
      kind: 'flag',
      help: 'people log in, each with their token (redrive operators add) or as the workspace says under "login"',
    },
    origin: {
      kind: 'text',
      value: 'URL',
      help: 'address of a proxy on this machine that ends TLS: https://redrive.example',
    },
    metrics: {
      kind: 'flag',
      help: 'numbers for Prometheus at /metrics, without a login: of sources, brokers, sweeps and outcomes, none of messages',
    },
  },
  async run({ args, output, globals, signal }) {
    const port = args.integer('port', { min: 0, max: PORT_MAX }) ?? PORT_DEFAULT
    const origin = args.text('origin')
    const publicOrigin = origin === null ? null : publicOriginOf(origin)
    await ensureBuilt(output.remark)
    const log = createLog('warn')
    const running = await openLocalEngine({
      host: 'http',
      dataDir: globals.dataDir,
      workspace: { file: globals.workspaceFile },
      storeUrl: globals.storeUrl,
      memoryBroker: null,
      asks: true,
      log,
    })
    if (args.flag('operators') && (await nobodyMayLogIn(running)))
      output.remark('Nobody can log in yet: make a token with "redrive operators add NAME".')
    const say = (url: string): void => {
      output.record({ type: 'serving', url })
      output.line(`Redrive is at ${url}`)
    }
    const served = { metrics: args.flag('metrics'), operators: args.flag('operators'), origin: publicOrigin }
    await runHttp({ running, port, say, log, ...served }, signal)
    return EXIT.done
  },
}

/** What is wrong with store or workspace is told where it is needed. */
async function nobodyMayLogIn({ operators, signOn }: Running): Promise<boolean> {
  try {
    const tokens = await operators.list()
    return !tokens.some((token) => tokenStands(token, new Date())) && (await signOn()) === null
  } catch {
    return false
  }
}
