import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Owner } from '../../ports/job-store.ts'
import type { Processes } from '../../ports/surroundings.ts'

/**
 * Processes of this machine by pid. A pid is used again after a process has died, so an instance carries the process's
 * start as the kernel counts it, where that can be read. A process of another machine counts as alive: it cannot be
 * looked at, and two machines on one job would send twice.
 */
export function localProcesses(): Processes {
  const self: Owner = {
    host: hostname(),
    pid: process.pid,
    instance: `${startOf(process.pid) ?? 'unknown'}-${randomBytes(8).toString('hex')}`,
  }
  return {
    self,
    holds: () => true,
    alive(owner) {
      if (owner.host !== self.host) return true
      if (owner.pid === self.pid) return owner.instance === self.instance
      return exists(owner.pid) && sameStart(owner)
    },
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function sameStart(owner: Owner): boolean {
  const start = startOf(owner.pid)
  return start === null || owner.instance.startsWith(`${start}-`)
}

/** Field 22 of /proc/PID/stat, counted after the name, which may hold spaces and brackets. Null elsewhere. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
