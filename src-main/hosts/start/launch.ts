import { resolve } from 'node:path'
import { explain } from '../../../src-preload/contract/explain.ts'
import { parseArguments } from '../cli/arguments.ts'
import { EXIT, exitCodeOf } from '../cli/exit-codes.ts'
import type { ExitCode } from '../cli/exit-codes.ts'
import { ensureBuilt } from '../common/build.ts'
import { failureOf, usageError } from '../common/failure.ts'
import { createLog } from '../common/log.ts'
import { dataDirDefault, WORKSPACE_FILE_DEFAULT } from '../common/places.ts'
import type { DesktopOptions } from '../desktop/desktop-arguments.ts'
import { findElectron } from './find-electron.ts'
import { runBrowser } from './run-browser.ts'
import { runDesktop } from './run-desktop.ts'

const PORT_MAX = 65_535

/** Answers with the exit code. */
export async function launch(argv: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    const { port, ...options } = read(argv)
    await ensureBuilt(say)
    const noWindow = await showWindow(options, signal)
    if (typeof noWindow === 'number') return noWindow
    say(`No desktop window: ${noWindow}. Serving the same console for a browser.`)
    await runBrowser({ ...options, port, say, log: createLog('warn') }, signal)
    return EXIT.done
  } catch (error) {
    return report(error, signal)
  }
}

function read(argv: readonly string[]): DesktopOptions & { readonly port: number } {
  const args = parseArguments(argv, {
    sandbox: { kind: 'flag', help: 'with a database, a broker and a shop in trouble' },
    port: { kind: 'text', help: 'port on 127.0.0.1 where there is no window' },
    workspace: { kind: 'text', help: 'workspace file' },
    data: { kind: 'text', help: 'folder of jobs and journal' },
  })
  const [extra] = args.operands
  if (extra !== undefined) throw usageError(`"${extra}" is one word too many.`)
  return {
    sandbox: args.flag('sandbox'),
    port: args.integer('port', { min: 0, max: PORT_MAX }) ?? 0,
    workspaceFile: resolve(args.text('workspace') ?? WORKSPACE_FILE_DEFAULT),
    dataDir: resolve(args.text('data') ?? dataDirDefault()),
  }
}

/** The exit code of the desktop, or the reason why there is none. */
async function showWindow(options: DesktopOptions, signal: AbortSignal): Promise<number | string> {
  const electron = await findElectron(process.env, say, signal)
  if ('missing' in electron) return electron.missing
  const end = await runDesktop(electron.binary, options, signal)
  return end.shown ? end.exitCode : 'Electron ended at once'
}

function report(error: unknown, signal: AbortSignal): ExitCode {
  if (signal.aborted) return EXIT.done
  const failure = failureOf(error)
  const { what, means, next } = explain(failure.code, failure.detail)
  console.error(`${what}\n${means}\n${next}`)
  return exitCodeOf(failure.code)
}

function say(line: string): void {
  console.log(line)
}
