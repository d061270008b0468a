import { mapEventIterator } from '@orpc/client'
import type { AnyContractRouter } from '@orpc/contract'
import { implement, os } from '@orpc/server'
import type { ImplementerInternalWithMiddlewares } from '@orpc/server'
import type { Engine } from '../app/engine.ts'
import type { Caller } from '../domain/role.ts'
import { toApiError } from './errors.ts'
import { requireRoleFor, sessionOver } from './require-role.ts'

/** What a host says of each call. */
export interface CallContext {
  readonly caller: Caller
  /** Whether the caller has a session that can be ended. */
  readonly canLogOut?: boolean
  /** Whether the caller may act yet: somebody may have taken that back since they came. Absent: nobody can. */
  readonly stands?: () => Promise<boolean>
}

/**
 * A part of the contract, to be implemented: every procedure is refused to whom it is not for, before anything of it runs; is
 * carried out as its caller's act; and turns what it catches into the one typed error, a stream at any event.
 */
export function implementer<Part extends Readonly<Record<string, AnyContractRouter>>>(
  engine: Engine,
  contract: Part,
) {
  const implemented = implement<Readonly<Record<string, AnyContractRouter>>, CallContext>(contract).use(
    asCalled(engine),
  )
  // The library's own type of that, which is not followed where the part is a parameter.
  return implemented as ImplementerInternalWithMiddlewares<Part, CallContext, CallContext>
}

function asCalled({ ports: { log, actAs } }: Engine) {
  return os.$context<CallContext>().middleware(async ({ context: { caller, stands }, path, next }) => {
    const asCaller = <T>(work: () => T): T => actAs(caller.operator, work)
    try {
      const needed = requireRoleFor(path, caller)
      if (needed !== 'viewer' && stands !== undefined && !(await stands())) throw sessionOver(caller)
      const result = await asCaller(() => next())
      const { output } = result
      return isStream(output) ? { ...result, output: typed(steps(output, asCaller)) } : result
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

function isStream(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

/** What a stream does between two events is done when the next one is asked for, which is outside of the call. */
async function* steps(
  stream: AsyncIterator<unknown>,
  asCaller: <T>(work: () => T) => T,
): AsyncGenerator<unknown, unknown> {
  try {
    for (;;) {
      const step = await asCaller(() => stream.next())
      if (step.done === true) return step.value
      yield step.value
    }
  } finally {
    await asCaller(() => stream.return?.())
  }
}
