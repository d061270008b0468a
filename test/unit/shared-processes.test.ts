import { expect, test } from 'vitest'
import { LEASE_MS, sharedProcesses } from '../../src-main/adapters/system/shared-processes.ts'
import type { LeaseStore } from '../../src-main/ports/leases.ts'
import type { Clock, Log } from '../../src-main/ports/surroundings.ts'
import { other, owner } from '../support/store-samples.ts'

const silent: Log = { info: () => undefined, warn: () => undefined }

function scene() {
  let nowMs = 1_000_000
  let live = new Set<string>([owner.instance])
  let away = false
  const clock: Clock = { now: () => new Date(nowMs), sleep: () => Promise.resolve() }
  const leases: LeaseStore = {
    async renew() {
      if (away) throw new Error('away')
      return new Set(live)
    },
    giveBack: () => Promise.resolve(),
  }
  return {
    processes: sharedProcesses({ self: owner, leases, clock, log: silent }),
    pass: (ms: number) => (nowMs += ms),
    there: (...instances: readonly string[]) => (live = new Set(instances)),
    lose: () => (away = true),
  }
}

test('a process may publish while its lease lasts for certain, and not before the first one', async () => {
  const { processes, pass, lose } = scene()
  expect(processes.holds()).toBe(false)
  await processes.renew()
  expect(processes.holds()).toBe(true)
  lose()
  pass(LEASE_MS / 2)
  await expect(processes.renew()).rejects.toThrow('away')
  expect(processes.holds()).toBe(true)
  // Before another one may take it for gone.
  pass(LEASE_MS / 2 - 1)
  expect(processes.holds()).toBe(false)
})

test('an owner without a lease is gone when a later look does not find it either', async () => {
  const { processes, pass, there } = scene()
  await processes.renew()
  // It may have begun after the last look.
  expect(processes.alive(other)).toBe(true)
  expect(processes.alive(other)).toBe(true)
  pass(1)
  await processes.renew()
  expect(processes.alive(other)).toBe(false)
  there(owner.instance, other.instance)
  await processes.renew()
  expect(processes.alive(other)).toBe(true)
  // What is its own it never takes for somebody else's.
  there()
  await processes.renew()
  expect(processes.alive(owner)).toBe(true)
})
