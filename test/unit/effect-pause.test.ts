import { expect, test } from 'vitest'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { interruptionOf, persist } from '../../src-main/app/jobs/job-run.ts'
import type { JobRun } from '../../src-main/app/jobs/job-run.ts'
import { RedriveError } from '../../src-main/domain/errors.ts'

test('a job that is closed between two tries of an effect says why the effect failed, not that something is wrong inside', async () => {
  const closing = new AbortController()
  const log = { info: () => undefined, warn: () => closing.abort() }
  const run = {
    effects: closing.signal,
    job: { job: 'job-1' },
    ports: { log, clock: systemClock() },
  } as unknown as JobRun
  const timeout = new RedriveError('query-timeout', 'later', { reason: 'the server is busy' })
  const failed = persist(run, () => Promise.reject(timeout))
  await expect(failed).rejects.toBe(timeout)
  expect(await failed.catch(interruptionOf)).toMatchObject({
    code: 'query-timeout',
    reason: 'the server is busy',
  })
})
