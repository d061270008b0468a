/**
 * A process that writes to a store until it is done or killed, and says on its output what it was promised: one line
 * of JSON after each transaction. `node store-writer.ts <path> <name> <transactions>`
 */
import { writeSync } from 'node:fs'
import { openStore } from '../../src-main/adapters/store-sqlite/open-store.ts'
import { systemClock } from '../../src-main/adapters/system/clock.ts'
import type { ItemMove } from '../../src-main/domain/job.ts'
import { begin, draft, owner, moveItems } from './store-samples.ts'

export const storeWriter = import.meta.filename
export const BATCH = 20

export interface Promised {
  /** Items up to this one are done. */
  readonly doneTo: number
}

async function write(path: string, name: string, transactions: number): Promise<void> {
  const store = openStore({ path, clock: systemClock() })
  const { job } = await begin(store, name, transactions * BATCH)
  for (let index = 0; index < transactions; index++) {
    const seqs = Array.from({ length: BATCH }, (_, place) => index * BATCH + place + 1)
    const step = (from: ItemMove['from'], to: ItemMove['to']): ItemMove[] =>
      seqs.map((seq) => ({ seq, from, to, ...(to === 'done' ? { result: 'confirmed', marked: true } : {}) }))
    const entry = draft('job-claiming', { subject: job.job, detail: { seqs } })
    await moveItems(store.jobs, job.job, owner, step('planned', 'claiming'), entry)
    await moveItems(store.jobs, job.job, owner, step('claiming', 'publishing'), entry)
    await moveItems(store.jobs, job.job, owner, step('publishing', 'done'), entry)
    const promised: Promised = { doneTo: (index + 1) * BATCH }
    writeSync(1, `${JSON.stringify(promised)}\n`)
  }
  await store.close()
}

if (process.argv[1] === import.meta.filename) {
  const [path = '', name = '', transactions = ''] = process.argv.slice(2)
  await write(path, name, Number(transactions))
}
