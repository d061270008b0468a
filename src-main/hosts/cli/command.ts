import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../../../src-preload/contract/index.ts'
import type { Arguments, OptionSpecs } from './arguments.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'

/** The engine through its own contract: what a window may not do, the command line may not do either. */
export type EngineClient = ContractRouterClient<Contract>

export interface Globals {
  readonly workspaceFile: string
  readonly dataDir: string
  /** Null: what the workspace says. */
  readonly storeUrl: string | null
}

export interface CommandContext {
  readonly args: Arguments
  readonly output: Output
  readonly globals: Globals
  /** Opens the engine at the first call; it is closed when the command ends. */
  readonly engine: () => Promise<EngineClient>
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly words: readonly string[]
  readonly summary: string
  /** Names of what must follow, as the help shows them. */
  readonly operands: readonly string[]
  /** One more that may follow. */
  readonly optionalOperand?: string
  readonly options: OptionSpecs
  run(context: CommandContext): Promise<ExitCode>
}

export function operand({ args }: CommandContext, at: number): string {
  return args.operands[at] ?? ''
}
