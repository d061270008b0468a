import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { runCli } from '../../src-main/hosts/cli/run-cli.ts'
import { scratchFolder } from './scratch.ts'

const MAIN = resolve(import.meta.dirname, '../../src-main/hosts/cli/main.ts')

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as one JSON object a line; empty without --json. */
  readonly records: readonly Record<string, unknown>[]
}

export interface Cli {
  readonly folder: string
  readonly workspaceFile: string
  /** Runs `redrive …` with --json, in a process of its own. */
  readonly json: (...words: readonly string[]) => Promise<CliResult>
  /**
   * Runs it in this process, which spares its start and nothing else: each command opens workspace, store and
   * connections anew, and closes them.
   */
  readonly here: (...words: readonly string[]) => Promise<CliResult>
  /** Both for a person to read. */
  readonly plain: (...words: readonly string[]) => Promise<CliResult>
  readonly plainHere: (...words: readonly string[]) => Promise<CliResult>
  readonly start: (...words: readonly string[]) => RunningCli
}

export interface RunningCli {
  readonly child: ChildProcess
  readonly result: Promise<CliResult>
}

/** The command line over a workspace file and a store of this test's own. */
export async function openCli(workspace: unknown, env: Readonly<Record<string, string>> = {}): Promise<Cli> {
  const folder = await scratchFolder()
  const workspaceFile = join(folder, 'redrive.json')
  const text = typeof workspace === 'string' ? workspace : JSON.stringify(workspace)
  await writeFile(workspaceFile, text)
  const globals = ['--workspace', workspaceFile, '--data', join(folder, 'data')]
  const start = (...words: readonly string[]): RunningCli => {
    const child = spawn(process.execPath, [MAIN, ...words, ...globals], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return { child, result: collect(child) }
  }
  return {
    folder,
    workspaceFile,
    start,
    here: (...words) => runHere([...words, '--json', ...globals]),
    plainHere: (...words) => runHere([...words, ...globals]),
    json: (...words) => start(...words, '--json').result,
    plain: (...words) => start(...words).result,
  }
}

async function collect(child: ChildProcess): Promise<CliResult> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed)
    child.once('close', done)
  })
  return resultOf(code, stdout, stderr)
}

async function runHere(argv: readonly string[]): Promise<CliResult> {
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() }
  const reading = Promise.all([readText(streams.stdout), readText(streams.stderr)])
  const code = await runCli(argv, streams, new AbortController().signal)
  streams.stdout.end()
  streams.stderr.end()
  return resultOf(code, ...(await reading))
}

function resultOf(code: number | null, stdout: string, stderr: string): CliResult {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{') && line.endsWith('}'))
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  return { code, stdout, stderr, records }
}
