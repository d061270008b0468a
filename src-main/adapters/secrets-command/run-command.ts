import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'

/** Shorter than what databases and drivers wait for a log-in. */
const COMMAND_TIMEOUT_MS = 8_000
const OUTPUT_BYTES_MAX = 64 * 1024
/** What opens Redrive's own secrets, and what another command needs: none of it is for this one. */
const OWN_VARIABLE = /^REDRIVE_/

export type Printed =
  { readonly ok: true; readonly output: string } | { readonly ok: false; readonly reason: Text }

export interface RunCommandOptions {
  readonly command: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
}

/**
 * Runs a program without a shell and reads what it prints. What it writes to its error output is never read, because
 * tools repeat there what they were given; whoever wants to know runs it by hand. Never rejects.
 */
export function runCommand({
  command: [program, ...words],
  env,
  timeoutMs = COMMAND_TIMEOUT_MS,
}: RunCommandOptions): Promise<Printed> {
  const { promise, resolve } = Promise.withResolvers<Printed>()
  const fail = (reason: Text): void => resolve({ ok: false, reason })
  let child: ChildProcess
  try {
    child = spawn(program, words, {
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !OWN_VARIABLE.test(name))),
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      // A group of its own: what it has started itself is stopped with it.
      detached: process.platform !== 'win32',
    })
  } catch (error) {
    fail(notStarted(error))
    return promise
  }
  const stop = (reason: Text): void => {
    fail(reason)
    child.stdout?.destroy()
    killGroup(child)
  }
  const timer = setTimeout(
    () => stop(say('secret.late', { seconds: Math.ceil(timeoutMs / 1_000) })),
    timeoutMs,
  )
  const chunks: Buffer[] = []
  let bytes = 0
  child.stdout?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > OUTPUT_BYTES_MAX) stop(say('secret.too-large', { bytes: OUTPUT_BYTES_MAX }))
    else chunks.push(chunk)
  })
  child.once('error', (error) => fail(notStarted(error)))
  child.once('close', (code, signal) => {
    if (code === 0) resolve({ ok: true, output: Buffer.concat(chunks).toString('utf8') })
    else if (code === null) fail(say('secret.signal', { signal: signal ?? '?' }))
    else fail(say('secret.exit', { code }))
  })
  return promise.finally(() => clearTimeout(timer))
}

function notStarted(error: unknown): Text {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'EACCES' || code === 'EPERM' ? say('secret.not-allowed') : say('secret.absent')
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
