import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import type { Settlement } from '../../src-main/domain/job.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import type { Facts } from './facts.ts'
import { bound } from './life.ts'
import type { Trace } from './trace.ts'

/** Tells the facts what the store has committed. Nothing may stand between this and the real store. */
export function observedStore<Ports extends Pick<EnginePorts, 'jobStore' | 'journal' | 'clock'>>(
  ports: Ports,
  console: string,
  { facts, trace }: { readonly facts: Facts; readonly trace: Trace },
): Ports {
  const { jobStore, journal, clock } = ports
  const nowMs = (): number => clock.now().getTime()
  // The real methods have committed when they return their promise: facts are as old as the file.
  const committed = async <T>(answer: Promise<T>, tell: () => void): Promise<T> => {
    const result = await answer
    tell()
    return result
  }
  return {
    ...ports,
    jobStore: {
      ...bound(jobStore),
      savePlan: (plan, entry) =>
        committed(jobStore.savePlan(plan, entry), () => facts.planned(plan.plan, plan.items)),
      startJob: (job, entry) =>
        committed(jobStore.startJob(job, entry), () => {
          trace.line(console, `store: ${job.job} starts`)
          facts.jobStarted(console, { job: job.job, plan: job.plan, nowMs: nowMs() })
        }),
      moveJob: (job, move, entry) =>
        committed(jobStore.moveJob(job, move, entry), () => {
          trace.line(
            console,
            `store: ${job} is ${move.to}${move.interruption ? ` (${move.interruption.code})` : ''}`,
          )
          const toCancel = (entry.detail as { readonly toCancel?: boolean }).toCancel === true
          if (move.to === 'running') facts.jobContinued(console, job, toCancel ? null : nowMs())
        }),
      moveItems: (job, owner, steps) =>
        committed(jobStore.moveItems(job, owner, steps), () => {
          for (const { moves, entry } of steps) {
            trace.line(
              console,
              `store: ${entry.action} ${moves.map(({ seq, to }) => `${seq}>${to}`).join(' ')}`,
            )
            facts.moved(job, moves)
          }
        }),
    },
    journal: {
      ...bound(journal),
      append: (entry) =>
        committed(journal.append(entry), () => {
          trace.line(console, `journal: ${entry.action}`)
          tellJournal(facts, console, entry, nowMs())
        }),
    },
  }
}

function tellJournal(
  facts: Facts,
  console: string,
  { action, subject, detail }: Parameters<EnginePorts['journal']['append']>[0],
  nowMs: number,
): void {
  if (action === 'source-unlocked') {
    const { unlockedUntil } = detail as { readonly unlockedUntil: string }
    facts.unlocked(console, Date.parse(unlockedUntil))
  }
  if (action === 'source-locked') facts.locked(console)
  if (action === 'job-settling') {
    const { as, ids } = detail as { readonly as: Settlement; readonly ids: readonly string[] }
    facts.settling(console, { job: subject ?? '', rows: ids, as, nowMs })
  }
}

/** Tells the facts which writes leave for the source. */
export function observedOutbox(outbox: Outbox, facts: Facts): Outbox {
  return {
    ...outbox,
    claim: (requests, token, signal) => {
      facts.claimSent(
        token,
        requests.map(({ id }) => id),
      )
      return outbox.claim(requests, token, signal)
    },
    mark: (requests, token, signal) => {
      facts.markSent(token, requests)
      return outbox.mark(requests, token, signal)
    },
  }
}
