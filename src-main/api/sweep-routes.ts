import { sweeps as contract, SWEEP_RUNS_MAX } from '../../src-preload/contract/sweeps.ts'
import type { Sweep } from '../../src-preload/contract/sweeps.ts'
import type { Engine } from '../app/engine.ts'
import type { SweepView } from '../app/sweep/sweeps.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'
import { watch } from './watching.ts'

const RUN_EVERY_MS = 250
const RUN_AT_LEAST_MS = 5_000

export function sweepRoutes(engine: Engine) {
  const { sweeps, switching, ports, changes } = engine
  const os = implementer(engine, { sweeps: contract })
  const now = async (source: string): Promise<Sweep> => toApi(await sweeps.view(source, SWEEP_RUNS_MAX))
  return {
    list: os.sweeps.list.handler(async ({ input }) => ({
      sweeps: (await sweeps.list(input.runs)).map(toApi),
    })),
    configure: os.sweeps.configure.handler(async ({ input: { source, settings, typedName } }) => {
      await switching.configure(source, settings, typedName)
      return now(source)
    }),
    enable: os.sweeps.enable.handler(async ({ input: { source, typedName } }) => {
      await switching.switchOn(source, typedName)
      return now(source)
    }),
    disable: os.sweeps.disable.handler(async ({ input: { source } }) => {
      await switching.switchOff(source)
      return now(source)
    }),
    runNow: os.sweeps.runNow.handler(({ input: { source } }) => sweeps.runNow(source)),
    watch: os.sweeps.watch.handler(async function* ({ input, signal }) {
      const options = { everyMs: RUN_EVERY_MS, atLeastMs: RUN_AT_LEAST_MS, signal: required(signal) }
      yield* watch(
        () => sweeps.run(input.run),
        (run) => run.state !== 'running',
        { changes, clock: ports.clock, ...options },
      )
    }),
    stop: os.sweeps.stop.handler(async ({ input: { source } }) => {
      await sweeps.stop(source)
      return {}
    }),
  }
}

function toApi({ policy, runs, settings, ...view }: SweepView): Sweep {
  return {
    ...view,
    settings: { ...settings, backoff: { ...settings.backoff } },
    isSetUp: policy !== null,
    runs: [...runs],
  }
}
