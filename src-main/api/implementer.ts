import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import type { Engine } from '../app/engine.ts'
import { toApiError } from './errors.ts'

/** The contract, to be implemented: every procedure turns what it catches into the one typed error. */
export function implementer(engine: Engine) {
  return implement(contract).use(async ({ next }) => {
    try {
      return await next()
    } catch (error) {
      throw toApiError(error, engine.ports.log)
    }
  })
}
export type Implementer = ReturnType<typeof implementer>
