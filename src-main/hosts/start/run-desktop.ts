import { spawn } from 'node:child_process'
import { PROJECT_DIR } from '../common/product.ts'
import { desktopArguments } from '../desktop/desktop-arguments.ts'
import type { DesktopOptions } from '../desktop/desktop-arguments.ts'

/** A desktop that ends so soon with an error never showed a window: a library is missing, or the display refused. */
const EARLY_MS = 5_000
const KILL_AFTER_MS = 20_000

export type DesktopEnd = { readonly shown: true; readonly exitCode: number } | { readonly shown: false }

/** Runs the desktop until it ends. An abort asks it to quit; it is ended by force where it does not. */
export async function runDesktop(
  binary: string,
  options: DesktopOptions,
  signal: AbortSignal,
): Promise<DesktopEnd> {
  const startedAtMs = Date.now()
  const child = spawn(binary, [PROJECT_DIR, ...desktopArguments(options)], { stdio: 'inherit' })
  let force: NodeJS.Timeout | undefined
  const quit = (): void => {
    child.kill('SIGTERM')
    force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  }
  if (signal.aborted) quit()
  else signal.addEventListener('abort', quit, { once: true })
  const exitCode = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
  clearTimeout(force)
  if (signal.aborted) return { shown: true, exitCode: 0 }
  if (exitCode !== 0 && Date.now() - startedAtMs < EARLY_MS) return { shown: false }
  return { shown: true, exitCode }
}
