import type { Engine } from '../app/engine.ts'
import type { Implementer } from './implementer.ts'

export function operatorRoutes(os: Implementer, { operators }: Engine) {
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
