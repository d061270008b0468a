import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A process as the system knows it. The start tells it from another process that got the same pid later. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startedAt: string
  readonly command: string
}

/** Null where no such process runs. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  try {
    if (process.platform === 'linux') return await fromProc(pid)
    if (process.platform === 'win32') return await fromCim(pid)
    return await fromPs(pid)
  } catch {
    return null
  }
}

export async function isSameProcess(known: {
  readonly pid: number
  readonly startedAt: string
}): Promise<boolean> {
  const found = await identify(known.pid)
  return found?.startedAt === known.startedAt
}

async function fromProc(pid: number): Promise<ProcessIdentity | null> {
  const [stat, command, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/cmdline`, 'utf8'),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
  ])
  // The name in parentheses may hold spaces; the start, in ticks since boot, is the twentieth field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state] = fields
  if (state === 'Z' || state === 'X') return null
  return {
    pid,
    startedAt: `${boot.trim()}/${fields[19] ?? ''}`,
    command: command.replaceAll('\0', ' ').trim(),
  }
}

async function fromPs(pid: number): Promise<ProcessIdentity | null> {
  const { stdout } = await run('ps', ['-ww', '-o', 'lstart=,command=', '-p', String(pid)], {
    env: { ...process.env, LC_ALL: 'C' },
  })
  // `lstart` is 24 characters wide: "Sat Nov 21 09:41:52 2026".
  const line = stdout.trim()
  return line === '' ? null : { pid, startedAt: line.slice(0, 24), command: line.slice(24).trim() }
}

async function fromCim(pid: number): Promise<ProcessIdentity | null> {
  const query = `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; if ($p) { $p.CreationDate.ToString('o'); $p.CommandLine }`
  const { stdout } = await run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query])
  const [startedAt, command] = stdout.trim().split(/\r?\n/)
  return startedAt === undefined || startedAt === '' ? null : { pid, startedAt, command: command ?? '' }
}
