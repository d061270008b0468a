import { auditPatience, readChains } from '../../src-main/app/audit/read-chains.ts'
import type { ChainsRead, ReadChainsOptions } from '../../src-main/app/audit/read-chains.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { ChainReader } from '../../src-main/ports/chains.ts'
import { fullPace } from './free-chains.ts'

/** Reads the chains as an audit does. */
export function readAll(
  reader: ChainReader,
  options: Partial<Omit<ReadChainsOptions, 'reader'>> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<ChainsRead> {
  const rest = {
    clock: systemClock(),
    scope: { kind: 'all' } as const,
    pace: fullPace,
    mark: null,
    replica: 'if-current' as const,
  }
  const seed = String(Math.floor(Math.random() * 1e9))
  return readChains(
    { reader, ...rest, seed, patience: auditPatience, moved: () => undefined, ...options },
    signal,
  )
}

/** `kind id <- previous: hole reason` */
export function lines({ findings }: ChainsRead): string[] {
  return findings.map(({ kind, id, previousId, missingTo, hole }) => {
    const range = missingTo === null ? '' : `..${missingTo}`
    const why = hole === null ? '' : `: ${hole.kind} ${hole.reason}`
    return `${kind} ${id} <- ${previousId ?? '-'}${range}${why}`
  })
}
