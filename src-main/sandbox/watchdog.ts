import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'

/**
 * Waits for the end of its input, which comes when our process dies in whatever way, kill -9 included; then tells the
 * server to end, if the pid is still the server of that folder.
 */
const WATCH = `
read -r line
[ "$line" = dismissed ] && exit 0
command=$(tr '\\0' ' ' < "/proc/$1/cmdline" 2>/dev/null || ps -ww -o args= -p "$1")
case "$command" in *"$2"*) kill -QUIT "$1" ;; esac`

/**
 * Ends the server `pid` of `folder` when this process dies without a word. Returns the way to dismiss it. Not on
 * Windows, where no such shell can be counted on: there the next start ends what was left.
 */
export function watchOver(pid: number, folder: string): () => void {
  if (process.platform === 'win32') return () => undefined
  // In a session of its own: Ctrl-C in our terminal must not end the watcher before us.
  const watcher = spawn('/bin/sh', ['-c', WATCH, 'redrive-sandbox-watchdog', String(pid), folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Without a watcher the next start cleans up.
  watcher.on('error', () => undefined)
  watcher.stdin.on('error', () => undefined)
  watcher.unref()
  // It must not keep a host alive that has nothing else to do.
  ;(watcher.stdin as Socket).unref()
  return () => {
    watcher.stdin.end('dismissed\n')
  }
}
