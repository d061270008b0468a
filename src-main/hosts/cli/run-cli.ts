import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { openWorkspaceFile } from '../../adapters/workspace-file/workspace-file.ts'
import type { Running } from '../compose.ts'
import { openLocalEngine } from '../common/local-engine.ts'
import { createLog } from '../common/log.ts'
import { dataDirDefault, WORKSPACE_FILE_DEFAULT } from '../common/places.ts'
import { productVersion } from '../common/product.ts'
import { parseArguments } from './arguments.ts'
import type { Arguments } from './arguments.ts'
import type { Command, EngineClient, Globals } from './command.ts'
import { commands } from './commands.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import type { ExitCode } from './exit-codes.ts'
import { failureOf, usageError } from '../common/failure.ts'
import { commandHelp, overviewHelp } from './help.ts'
import { globalOptions } from './options.ts'
import { createOutput } from './output.ts'
import type { Output, Streams } from './output.ts'

/** Runs one command line. Every error ends here, as one sentence and an exit code. */
export async function runCli(
  argv: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Promise<ExitCode> {
  const output = createOutput(streams, argv.includes('--json'))
  try {
    return await dispatch(argv, output, signal)
  } catch (error) {
    const failure = failureOf(error)
    output.failure(failure)
    return exitCodeOf(failure.code)
  }
}

async function dispatch(argv: readonly string[], output: Output, signal: AbortSignal): Promise<ExitCode> {
  if (argv.length === 0 || argv[0] === '--help' || argv[0] === 'help') {
    output.raw(overviewHelp(commands))
    return argv.length === 0 ? EXIT.usage : EXIT.done
  }
  if (argv[0] === '--version') {
    output.raw(productVersion())
    return EXIT.done
  }
  const { command, rest } = find(argv)
  const args = parseArguments(rest, { ...globalOptions, ...command.options })
  if (args.flag('help')) {
    output.raw(commandHelp(command))
    return EXIT.done
  }
  checkOperands(command, args)
  return execute(command, args, output, signal)
}

/** Global options may stand before the command, so its words are looked for, not counted. */
function find(argv: readonly string[]): { command: Command; rest: readonly string[] } {
  for (let at = 0; at < argv.length; at += 1) {
    const found = commands.find(({ words }) => words.every((word, offset) => argv[at + offset] === word))
    if (found !== undefined) {
      return { command: found, rest: [...argv.slice(0, at), ...argv.slice(at + found.words.length)] }
    }
  }
  throw usageError(`There is no command "${argv.filter((word) => !word.startsWith('-')).join(' ')}".`)
}

function checkOperands({ operands, optionalOperand }: Command, args: Arguments): void {
  const missing = operands[args.operands.length]
  if (missing !== undefined) throw usageError(`${missing} is missing.`)
  const extra = args.operands[operands.length + (optionalOperand === undefined ? 0 : 1)]
  if (extra !== undefined) throw usageError(`"${extra}" is one word too many.`)
}

function globalsOf(args: Arguments): Globals {
  const file = args.text('workspace')
  // Only the default may be missing: a name that was typed is meant.
  if (file !== null && !existsSync(file)) throw usageError(`There is no workspace file ${file}.`)
  return {
    workspaceFile: resolve(file ?? WORKSPACE_FILE_DEFAULT),
    dataDir: resolve(args.text('data') ?? dataDirDefault()),
    storeUrl: args.text('store'),
  }
}

async function execute(
  command: Command,
  args: Arguments,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const globals = globalsOf(args)
  let running: Promise<Running> | null = null
  const engine = async (): Promise<EngineClient> => {
    // The engine reads it when it first needs it; a command line with a broken workspace is wrong from the start.
    await openWorkspaceFile({ path: globals.workspaceFile }).load()
    running ??= openLocalEngine({
      host: 'cli',
      dataDir: globals.dataDir,
      workspace: { file: globals.workspaceFile },
      storeUrl: globals.storeUrl,
      memoryBroker: null,
      asks: true,
      log: createLog('silent'),
    })
    const { router, self } = await running
    return createRouterClient(router, { context: { caller: self } })
  }
  try {
    return await command.run({ args, output, globals, engine, signal })
  } finally {
    await closeQuietly(running, output)
  }
}

/** The command's own error must not be hidden by what goes wrong afterwards. */
async function closeQuietly(running: Promise<Running> | null, output: Output): Promise<void> {
  const opened = await running?.catch(() => null)
  await opened?.close().catch((error: unknown) => output.remark(`Not closed cleanly: ${String(error)}`))
}
