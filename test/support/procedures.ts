import { isContractProcedure } from '@orpc/contract'
import { contract } from '../../src-preload/contract/index.ts'

/** Every procedure of the contract, by its path. */
export function procedurePaths(): readonly (readonly [string, string])[] {
  return Object.entries(contract).flatMap(([area, calls]) =>
    Object.entries(calls).map(([name, call]) => {
      if (!isContractProcedure(call)) throw new Error(`${area}.${name} is no procedure`)
      return [area, name] as const
    }),
  )
}
