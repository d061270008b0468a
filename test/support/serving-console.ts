import { expect, onTestFinished } from 'vitest'
import type { Cli, RunningCli } from './cli.ts'

export interface ServingConsole {
  readonly running: RunningCli
  readonly url: URL
  /** All that it wrote to its output so far. */
  readonly said: () => string
}

/** A console of the http host in a process of its own, which is gone when the test ends. */
export async function serveConsole(cli: Cli): Promise<ServingConsole> {
  const running = cli.start('serve', '--port', '0', '--metrics', '--json')
  onTestFinished(() => void running.child.kill('SIGKILL'))
  let said = ''
  running.child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await expect.poll(() => said, { timeout: 60_000 }).toContain('"url"')
  const line = said.split('\n').find((each) => each.includes('"serving"')) ?? ''
  return { running, url: new URL((JSON.parse(line) as { url: string }).url), said: () => said }
}
