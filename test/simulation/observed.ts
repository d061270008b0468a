import { isForQueues } from '../../src-main/domain/outcome.ts'
import type { EnginePorts } from '../../src-main/app/engine-ports.ts'
import { CLAIM_TOKEN_BEGINS, CLAIM_TOKEN_ENDS } from '../../src-main/domain/claim-token.ts'
import type { Settlement } from '../../src-main/domain/job.ts'
import type { PlanItem } from '../../src-main/domain/plan.ts'
import type { Publisher } from '../../src-main/ports/broker.ts'
import type { PlanDraft } from '../../src-main/ports/job-store.ts'
import type { Outbox } from '../../src-main/ports/outbox.ts'
import type { Facts } from './facts.ts'
import { bound } from './life.ts'
import type { Trace } from './trace.ts'

/** Tells the facts what the store has committed. Nothing may stand between this and the real store. */
export function observedStore<
  Ports extends Pick<EnginePorts, 'jobStore' | 'journal' | 'sweepStore' | 'clock'>,
>(ports: Ports, console: string, { facts, trace }: { readonly facts: Facts; readonly trace: Trace }): Ports {
  const { jobStore, journal, sweepStore, clock } = ports
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
      beginPlan: async (plan) =>
        observedDraft(await jobStore.beginPlan(plan), (items) => facts.planned(plan, items)),
      startJob: (job, entry) =>
        committed(jobStore.startJob(job, entry), () => {
          trace.line(console, `store: ${job.job} starts`)
          facts.jobStarted(console, job, nowMs())
        }),
      moveJob: (job, move, entry) =>
        committed(jobStore.moveJob(job, move, entry), () => {
          trace.line(
            console,
            `store: ${job} is ${move.to}${move.interruption ? ` (${move.interruption.code})` : ''}`,
          )
          const toCancel = (entry.detail as { readonly toCancel?: boolean }).toCancel === true
          facts.jobMoved(job, move.to)
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
      addItems: (job, owner, items, entry) =>
        committed(jobStore.addItems(job, owner, items, entry), () => {
          trace.line(console, `store: ${job} takes ${items.map(({ seq, id }) => `${seq}=${id}`).join(' ')}`)
          facts.itemsAdded(job, items)
        }),
    },
    sweepStore: {
      ...bound(sweepStore),
      begin: (run, entries) =>
        committed(sweepStore.begin(run, entries), () => {
          trace.line(console, `store: ${run.run} begins, by the ${run.trigger}`)
          facts.sweepBegun(console, run, nowMs())
        }),
      end: (run, end, entries) =>
        committed(sweepStore.end(run, end, entries), () =>
          trace.line(console, `store: ${run} ${end.state}${end.trouble ? ` (${end.trouble.code})` : ''}`),
        ),
      approve: (source, approved, operator, entry) =>
        committed(sweepStore.approve(source, approved, operator, entry), () => {
          trace.line(console, `store: sweep switched ${approved === null ? 'off' : 'on'}`)
          facts.sweepSwitched(console, { on: approved !== null, nowMs: nowMs() })
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

function observedDraft(draft: PlanDraft, tell: (items: readonly PlanItem[]) => void): PlanDraft {
  const all: PlanItem[] = []
  return {
    async add(items) {
      await draft.add(items)
      all.push(...items)
    },
    async finish(plan, entry) {
      await draft.finish(plan, entry)
      tell(all)
    },
    discard: () => draft.discard(),
  }
}

/** Tells the facts what the broker answered, before the engine hears of it. */
export function observedPublisher(publisher: Publisher, facts: Facts): Publisher {
  return {
    send(message, signal, answered) {
      publisher.send(message, signal, (answer) => {
        if (isForQueues(message)) facts.answered(message, answer.outcome)
        answered(answer)
      })
    },
    close: () => publisher.close(),
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

function jobOf(token: string): string {
  return token.slice(CLAIM_TOKEN_BEGINS.length, -CLAIM_TOKEN_ENDS.length)
}

/** Tells the facts which writes leave for the source. */
export function observedOutbox(outbox: Outbox, facts: Facts): Outbox {
  return {
    ...outbox,
    claim: (requests, token, signal) => {
      facts.claimSent(
        jobOf(token),
        requests.map(({ id }) => id),
      )
      return outbox.claim(requests, token, signal)
    },
    claimDue: (request, token, signal) => {
      facts.claimDueSent(jobOf(token))
      return outbox.claimDue(request, token, signal)
    },
    mark: (requests, token, signal) => {
      facts.markSent(jobOf(token), requests)
      return outbox.mark(requests, token, signal)
    },
  }
}
