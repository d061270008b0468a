import { mapEventIterator } from '@orpc/client'
import { implement } from '@orpc/server'
import { contract } from '../../src-preload/contract/index.ts'
import type { Engine } from '../app/engine.ts'
import { toApiError } from './errors.ts'

/** The contract, to be implemented: every procedure turns what it catches into the one typed error, a stream at any event. */
export function implementer(engine: Engine) {
  const { log } = engine.ports
  return implement(contract).use(async ({ next }) => {
    try {
      const result = await next()
      return isStream(result.output) ? { ...result, output: typed(result.output) } : result
    } catch (error) {
      throw toApiError(error, log)
    }
  })

  function typed(stream: AsyncIterator<unknown>): AsyncIterator<unknown> {
    return mapEventIterator(stream, {
      value: async (value) => value,
      error: async (error) => toApiError(error, log),
    })
  }
}
export type Implementer = ReturnType<typeof implementer>

function isStream(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}
