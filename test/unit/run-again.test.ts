import { expect, test } from 'vitest'
import { RedriveError } from '../../src-main/domain/errors.ts'
import type { CommandContext, EngineClient } from '../../src-main/hosts/cli/command.ts'
import { EXIT } from '../../src-main/hosts/cli/exit-codes.ts'
import { runAgain } from '../../src-main/hosts/cli/run-again.ts'

/** Ended when `once` has been called so often. */
function commandEndedAfter(rounds: number) {
  const stop = new AbortController()
  const remarks: string[] = []
  const output = { remark: (text: string) => void remarks.push(text), record: () => undefined }
  const context = { output, signal: stop.signal } as unknown as CommandContext
  let calls = 0
  const again = (once: (call: number) => Promise<{ state: 'done'; trouble: null }>) =>
    runAgain(context, {} as EngineClient, {
      source: null,
      everyMs: 1,
      once: () => {
        calls += 1
        if (calls === rounds) stop.abort()
        return once(calls)
      },
      codeOf: () => EXIT.done,
      stopped: { type: 'stopped', remark: 'it' },
    })
  return { again, remarks, calls: () => calls }
}

test('a sweep that another process is at does not end "redrive sweep --every": the round is left to it', async () => {
  const { again, remarks, calls } = commandEndedAfter(3)
  const code = await again((call) =>
    call === 2
      ? Promise.reject(new RedriveError('sweep-busy', 'later', { source: 'orders' }))
      : Promise.resolve({ state: 'done', trouble: null }),
  )
  expect([code, calls()]).toEqual([EXIT.done, 3])
  expect(remarks).toEqual(['Another process is at it: this round is left to it.'])
})

test('anything else ends it', async () => {
  const { again } = commandEndedAfter(3)
  const failure = new RedriveError('store-failed', 'never', { path: 'x', problem: 'y' })
  await expect(again(() => Promise.reject(failure))).rejects.toBe(failure)
})
