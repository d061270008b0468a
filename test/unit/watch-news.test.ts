import { expect, test, vi } from 'vitest'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { createChanges } from '../../src-main/app/changes.ts'
import { Watch } from '../../src-main/app/watch/watch.ts'
import type { WatchOptions } from '../../src-main/app/watch/watch.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { Notice } from '../../src-main/domain/alert/alert.ts'

const notice = {
  seq: 1,
  event: 'fired',
  attempt: 1,
  alert: { alert: 'alert-1', rule: 'many', subject: { kind: 'source', name: 'shop' } },
} as unknown as Notice

/** A watch whose store holds these notices; no webhook is configured. */
function watchOver(notices: readonly Notice[], end: () => Promise<void>) {
  const changes = createChanges()
  let left = notices
  const options = {
    changes,
    connections: { workspace: () => Promise.resolve({ sources: {}, brokers: {} }) },
    ports: {
      clock: systemClock(),
      operator: () => 'tester',
      alerts: {
        takeNotices: () => {
          const taken = left
          left = []
          return Promise.resolve(taken)
        },
        endNotice: end,
      },
    },
  } as unknown as WatchOptions
  return { watch: new Watch(options), changes }
}

test('a look for alerts to deliver was news, also where there were none', async () => {
  const { watch, changes } = watchOver([], () => Promise.resolve())
  await watch.deliver(new AbortController().signal)
  expect(changes.revision()).toBe(0)
})

test('an alert that was told, or could not be written down as told, is news', async () => {
  const told = watchOver([notice], () => Promise.resolve())
  await told.watch.deliver(new AbortController().signal)
  expect(told.changes.revision()).toBe(1)
  const failed = watchOver([notice], () => Promise.reject(new RedriveError('store-failed', 'later', {})))
  await expect(failed.watch.deliver(new AbortController().signal)).rejects.toThrow('store-failed')
  expect(failed.changes.revision()).toBe(1)
})

test('others change the tables, too: each round of the watch is news, also one that failed', async () => {
  const changes = createChanges()
  let waited = 0
  const options = {
    changes,
    connections: { workspace: () => Promise.reject(new RedriveError('workspace-invalid', 'never', {})) },
    ports: {
      clock: {
        ...systemClock(),
        // Two rounds follow at once, the third never comes.
        sleep: (ms: number, signal: AbortSignal) =>
          (waited += 1) <= 2 ? Promise.resolve() : systemClock().sleep(ms, signal),
      },
      random: () => 0.5,
      log: { warn: () => undefined },
    },
  } as unknown as WatchOptions
  const watch = new Watch(options)
  watch.start()
  await vi.waitFor(() => expect(changes.revision()).toBe(2))
  await watch.close()
  expect(changes.revision()).toBe(2)
})
