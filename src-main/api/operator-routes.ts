import { operators as contract } from '../../src-preload/contract/operators.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'

export function operatorRoutes(engine: Engine) {
  const { operators } = engine
  const os = implementer(engine, { operators: contract })
  return {
    list: os.operators.list.handler(async () => ({ operators: [...(await operators.list())] })),
    add: os.operators.add.handler(async ({ input }) => {
      const { token, secret } = await operators.add(input)
      return { operator: token, secret }
    }),
    revoke: os.operators.revoke.handler(async ({ input }) => ({
      revoked: [...(await operators.revoke(input.name))],
    })),
  }
}
