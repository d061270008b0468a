import { halfMessages as contract, CHECK_RUNS_MAX } from '../../src-preload/contract/half-messages.ts'
import type { CheckBack } from '../../src-preload/contract/half-messages.ts'
import type { CheckBackView } from '../app/check-back/check-backs.ts'
import { overrideHalf } from '../app/check-back/overriding.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const RUN_EVERY_MS = 250
const RUN_AT_LEAST_MS = 5_000

export function halfMessageRoutes(engine: Engine) {
  const os = implementer(engine, { halfMessages: contract })
  const { checkBacks, connections, ports, changes } = engine
  const now = async (source: string): Promise<CheckBack> =>
    toApi(await checkBacks.view(source, CHECK_RUNS_MAX))
  return {
    list: os.halfMessages.list.handler(async ({ input }) => ({
      checkBacks: (await checkBacks.list(input.runs)).map(toApi),
    })),
    standings: os.halfMessages.standings.handler(async ({ input: { source, ids } }) => {
      const { checkBack } = await connections.source(source)
      const standings = [...(await checkBacks.standings(source, ids)).values()]
      return { checksMax: checkBack?.checksMax ?? null, standings }
    }),
    askNow: os.halfMessages.askNow.handler(({ input: { source, ids } }) => checkBacks.runNow(source, ids)),
    watch: os.halfMessages.watch.handler(async function* ({ input, signal }) {
      const options = { everyMs: RUN_EVERY_MS, atLeastMs: RUN_AT_LEAST_MS, signal: required(signal) }
      yield* watch(
        () => checkBacks.run(input.run),
        (run) => run.state !== 'running',
        { changes, clock: ports.clock, ...options },
      )
    }),
    stop: os.halfMessages.stop.handler(async ({ input: { source } }) => {
      await checkBacks.stop(source)
      return {}
    }),
    enable: os.halfMessages.enable.handler(async ({ input: { source, typedName } }) => {
      await checkBacks.switchOn(source, typedName)
      return now(source)
    }),
    disable: os.halfMessages.disable.handler(async ({ input: { source } }) => {
      await checkBacks.switchOff(source)
      return now(source)
    }),
    decide: os.halfMessages.decide.handler(async ({ input, signal }) => {
      await overrideHalf(engine, input, required(signal))
      return {}
    }),
  }
}

function toApi({ config, runs, ...view }: CheckBackView): CheckBack {
  const { call, everySec, firstAgeSec, againSec, checksMax, concurrency, rate } = config
  const asks = `${call.method} ${call.url}`
  return {
    ...view,
    ...{ asks, everySec, firstAgeSec, againSec, checksMax, concurrency, rate },
    runs: [...runs],
  }
}
