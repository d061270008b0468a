import { expect } from 'vitest'
import { addFailed } from '../support/cli-fixture.ts'
import type { Console } from './console.ts'
import { planOf, resendAllFailed, unlock } from './pages.ts'

/** Slow enough for a person to act in the middle. */
const RATE = 30

export async function statuses({ database }: Console): Promise<Record<string, number>> {
  const counts = await database.sql('select status, count(*) from outbox_message group by status')
  return Object.fromEntries(counts.map((row) => [row['status'] ?? '', Number(row['count'])]))
}

/** A slow run of all failed messages, its page open. */
export async function startSlowly(console: Console, messages: number): Promise<void> {
  const { page, database, queue } = console
  await addFailed(database, queue, messages)
  await resendAllFailed(page, 'orders')
  await unlock(page, 'orders')
  const plan = planOf(page, 'orders')
  await plan.getByRole('textbox', { name: 'Messages a second' }).fill(String(RATE))
  await plan.getByRole('button', { name: `Resend ${messages} messages` }).click()
  await plan.getByRole('button', { name: 'Open the job' }).click()
  await expect.poll(async () => (await statuses(console))['sent'] ?? 0).toBeGreaterThan(5)
}
