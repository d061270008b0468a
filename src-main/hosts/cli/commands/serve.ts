import { ensureBuilt } from '../../common/build.ts'
import { openLocalEngine } from '../../common/local-engine.ts'
import { createLog } from '../../common/log.ts'
import { runHttp } from '../../http/run-http.ts'
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
    metrics: {
      kind: 'flag',
      help: 'numbers for Prometheus at /metrics, without a login: of sources, brokers, sweeps and outcomes, none of messages',
    },
  },
  async run({ args, output, globals, signal }) {
    const port = args.integer('port', { min: 0, max: PORT_MAX }) ?? PORT_DEFAULT
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
    const say = (url: string): void => {
      output.record({ type: 'serving', url })
      output.line(`Redrive is at ${url}`)
    }
    await runHttp({ running, port, say, log, metrics: args.flag('metrics') }, signal)
    return EXIT.done
  },
}
