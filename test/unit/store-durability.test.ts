import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import { BATCH, storeWriter } from '../support/store-writer.ts'
import type { Promised } from '../support/store-writer.ts'

const KILLS = 8
const TRANSACTIONS_MAX = 5_000
const signal = new AbortController().signal

function newPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'redrive-kill-')), 'redrive.db')
}

function startWriter(path: string, name: string, transactions: number) {
  const child = spawn(process.execPath, [storeWriter, path, name, String(transactions)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const closed = once(child, 'close')
  return {
    child,
    /** The last promise that was made. */
    async promised(): Promise<number> {
      await closed
      const last = output
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .at(-1)
      return last === undefined ? 0 : (JSON.parse(last) as Promised).doneTo
    },
    async firstPromise(): Promise<void> {
      while (output === '' && child.exitCode === null) await sleep(5)
    },
  }
}

describe('kill -9', () => {
  test.each(Array.from({ length: KILLS }, (_, run) => run))(
    'run %i: what was promised is there',
    async (run) => {
      const path = newPath()
      const writer = startWriter(path, 'a', TRANSACTIONS_MAX)
      await writer.firstPromise()
      await sleep(Math.random() * 60 + run)
      writer.child.kill('SIGKILL')
      const promised = await writer.promised()
      expect(promised).toBeGreaterThan(0)

      const store = openStore({ path, clock: systemClock() })
      const job = await store.jobReader.job('job-a')
      const done = await store.jobReader.items('job-a', { states: ['done'], afterSeq: 0, limit: 1_000_000 })
      expect(done.length).toBeGreaterThanOrEqual(promised)
      expect(done.map((item) => item.seq)).toEqual(done.map((_, index) => index + 1))
      expect(job).toMatchObject({ state: 'running', ended: done.length, tally: { confirmed: done.length } })
      // Each transaction is there with its entry or not at all.
      const entries = await store.journal.list({
        subject: 'job-a',
        actions: ['job-claiming'],
        order: 'oldest',
        cursor: null,
        limit: 1_000_000,
      })
      const open = await store.jobReader.items('job-a', {
        states: ['claiming', 'publishing', 'settling'],
        afterSeq: 0,
        limit: 1_000,
      })
      expect(open.length % BATCH).toBe(0)
      const stepsOfOpen = { claiming: 1, publishing: 2 }[open[0]?.itemState as 'claiming' | 'publishing'] ?? 0
      expect(entries.length).toBe((done.length / BATCH) * 3 + stepsOfOpen)
      expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: entries.length + 2 })
      await store.close()
    },
  )
})

test('two processes that write at the same time make one chain', async () => {
  const path = newPath()
  const writers = ['a', 'b'].map((name) => startWriter(path, name, 100))
  expect(await Promise.all(writers.map((writer) => writer.promised()))).toEqual([100 * BATCH, 100 * BATCH])
  const store = openStore({ path, clock: systemClock() })
  expect(await store.journal.verify(signal)).toMatchObject({ intact: true, entries: 2 * (2 + 300) })
  const entries = await store.journal.list({ order: 'oldest', cursor: null, limit: 10_000 })
  const turns = entries.filter((entry, index) => entry.subject !== entries[index - 1]?.subject).length
  expect(turns).toBeGreaterThan(2)
  await store.close()
})
