import type { ChainPace, SurveyPart } from '../../ports/chains.ts'
import type { ChainLines } from './chain-connection.ts'
import type { ChainLayout } from './chain-method.ts'
import type { ChainNames } from './chain-sql.ts'

export interface SurveyOptions {
  readonly names: ChainNames
  readonly layout: ChainLayout
  readonly pace: ChainPace
  readonly seed: string
  /** Chains whose keys the server may hold at once. */
  readonly heldChainsMax: number
  readonly lines: ChainLines
  readonly take: (part: SurveyPart) => void
  readonly signal: AbortSignal
}
