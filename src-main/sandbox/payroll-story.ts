import { HOUR, MINUTE } from './draft.ts'
import type { Draft } from './draft.ts'
import { between, errorWords, failsWith, fateOf, inHand, retriesSoon, waits } from './fate.ts'
import type { Incident } from './fate.ts'
import { newEmployee, payRun } from './payroll-messages.ts'
import type { Random } from './random.ts'
import type { StoryRow } from './seed.ts'

/** Hours ago: an off-cycle run, the monthly run, the correction run. */
const RUNS = [
  { hoursAgo: 60, employees: 70 },
  { hoursAgo: 34, employees: 150 },
  { hoursAgo: 6, employees: 60 },
]
const RUN_LASTS_MS = 3 * HOUR
/** Payslips have their own relay, which died during the last run. */
export const DEAD_PAYSLIP_KEY = 'payslip.issued'
const PAYSLIP_RELAY_DIED_MS = 4 * HOUR
const RELAY_CRASHED_MS = 34 * HOUR - 70 * MINUTE

const incidents: readonly Incident[] = [
  {
    hit: (draft) => draft.routingKey === 'garnishment.filed',
    share: 1,
    fate: failsWith((draft) => errorWords.noRoute(draft.exchange, draft.routingKey)),
  },
  {
    hit: (draft, age) => draft.routingKey === 'settlement.bank' && age < 12 * HOUR,
    share: 1,
    fate: failsWith(() => errorWords.queueFull('bank-transfers')),
  },
  {
    hit: (draft, age) => draft.routingKey === DEAD_PAYSLIP_KEY && age < PAYSLIP_RELAY_DIED_MS,
    share: 0.6,
    fate: waits,
  },
  {
    hit: (draft, age) =>
      draft.routingKey === 'salary.paid' && between(age, RELAY_CRASHED_MS, RELAY_CRASHED_MS + 8 * MINUTE),
    share: 0.8,
    fate: inHand(RELAY_CRASHED_MS),
  },
  {
    hit: (_draft, age) => between(age, 33 * HOUR, 33 * HOUR + 6 * MINUTE),
    share: 0.7,
    fate: failsWith([errorWords.timeout, errorWords.channelClosed]),
  },
  { hit: (draft) => draft.routingKey === 'settlement.tax', share: 0.02, fate: retriesSoon },
  { hit: () => true, share: 0.002, fate: failsWith([errorWords.forced]) },
]

/** Three payroll runs, oldest first. */
export function payrollStory(random: Random, now: number): StoryRow[] {
  const drafts: Draft[] = []
  for (const { hoursAgo, employees } of RUNS) {
    for (let number = 1; number <= employees; number += 1) {
      const startedAt = now - hoursAgo * HOUR + random.int(0, RUN_LASTS_MS)
      drafts.push(...payRun(random, newEmployee(random, hoursAgo * 10 + number), startedAt))
    }
  }
  drafts.sort((a, b) => a.createdAt - b.createdAt)
  return drafts.map((draft) => ({ draft, fate: fateOf(draft, incidents, { random, now }) }))
}
