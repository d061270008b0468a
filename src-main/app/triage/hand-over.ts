import { RedriveError } from '../../domain/errors.ts'
import type { HandOver, OpenSource } from '../../domain/hand-over.ts'
import { handOverText } from '../../domain/hand-over-text.ts'
import type { HandOverLanguage } from '../../domain/hand-over-words.ts'
import type { Job } from '../../domain/job.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { Messages } from '../messages/messages.ts'

const HOUR_MS = 3_600_000
/** Whoever goes home does not wait for a source that is down. */
const SOURCE_TIMEOUT_MS = 5_000
const JOBS_PAGE = 200
/** Jobs looked through, from the newest. */
const JOBS_MAX = 1_000
const DECISIONS_MAX = 1_000
const SWEEP_RUNS_MAX = 200
const NOTES_MAX = 200
const ASSIGNMENTS_MAX = 200

export interface HandOvers {
  /** What is open now and what was done since, as Markdown. A source that does not answer is said to be silent. */
  write(
    request: { readonly sinceHours: number; readonly language: HandOverLanguage },
    signal: AbortSignal,
  ): Promise<HandOver & { readonly text: string }>
}

interface Parts {
  readonly ports: EnginePorts
  readonly connections: Connections
  readonly messages: Messages
}

export function createHandOvers({ ports, connections, messages }: Parts): HandOvers {
  const { clock, jobReader, decisionStore, sweepStore, noteStore, operator } = ports

  return {
    async write({ sinceHours, language }, signal) {
      const now = clock.now()
      const until = now.toISOString()
      const since = new Date(now.getTime() - sinceHours * HOUR_MS).toISOString()
      const configs = Object.entries((await connections.workspace()).sources)
      const sources = await Promise.all(
        configs.map(([name, config]) => openIn({ jobReader, messages }, [name, config], signal)),
      )
      const { jobs, more } = await jobsSince(jobReader, since)
      const decisions = await Promise.all(
        configs.map(([name]) => decisionStore.recent(name, DECISIONS_MAX + 1)),
      )
      const sweeps = await Promise.all(configs.map(([name]) => sweepStore.runs(name, SWEEP_RUNS_MAX + 1)))
      const notes = await noteStore.since(since, NOTES_MAX + 1)
      const assignments = await noteStore.assigned(ASSIGNMENTS_MAX + 1)
      const decided = decisions.map((of) => of.filter(({ at }) => at >= since))
      const swept = sweeps.map((of) => of.filter(({ startedAt }) => startedAt >= since))
      const unsettled = await jobReader.outcomeTotals()
      const facts: HandOver = {
        since,
        until,
        operator: operator(),
        sources,
        elsewhere: unsettled
          .filter(({ source }) => !configs.some(([name]) => name === source))
          .map(({ source, unsettled: count }) => ({ place: source, unsettled: count })),
        alerts: await ports.alerts.open(),
        jobs,
        decisions: decided.flatMap((of) => of.slice(0, DECISIONS_MAX)),
        sweeps: swept.flatMap((of) => of.slice(0, SWEEP_RUNS_MAX)),
        notes: notes.slice(0, NOTES_MAX),
        assignments: assignments.slice(0, ASSIGNMENTS_MAX),
        cut: [
          ...(more ? ['jobs' as const] : []),
          ...(decided.some((of) => of.length > DECISIONS_MAX) ? ['decisions' as const] : []),
          ...(swept.some((of) => of.length > SWEEP_RUNS_MAX) ? ['sweeps' as const] : []),
          ...(notes.length > NOTES_MAX ? ['notes' as const] : []),
          ...(assignments.length > ASSIGNMENTS_MAX ? ['assignments' as const] : []),
        ],
      }
      return { ...facts, text: handOverText(facts, language) }
    },
  }
}

async function openIn(
  { jobReader, messages }: Pick<Parts, 'messages'> & Pick<EnginePorts, 'jobReader'>,
  [source, { environment }]: readonly [string, SourceConfig],
  signal: AbortSignal,
): Promise<OpenSource> {
  const unsettled = await jobReader.unsettledCount(source)
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(SOURCE_TIMEOUT_MS)])
    const counts = await messages.counts(source, limited)
    const troubles = counts.troubles.map(({ trouble, count, bounded, scope, oldestCreatedAt }) => ({
      trouble,
      count,
      bounded: bounded || !scope.complete,
      oldestCreatedAt,
    }))
    return { source, environment, troubles, why: null, unsettled }
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof RedriveError ? error.code : 'query-timeout'
    return { source, environment, troubles: null, why, unsettled }
  }
}

/** Those that were at work at any time since. */
async function jobsSince(
  jobReader: EnginePorts['jobReader'],
  since: string,
): Promise<{ jobs: readonly Job[]; more: boolean }> {
  const seen: Job[] = []
  for (let before: string | null = null; seen.length < JOBS_MAX;) {
    const page = await jobReader.jobs({ before, limit: JOBS_PAGE })
    seen.push(...page)
    before = page.at(-1)?.job ?? null
    if (page.length < JOBS_PAGE || before === null) break
  }
  const last = seen.at(-1)
  const more = seen.length >= JOBS_MAX && last !== undefined && last.createdAt >= since
  return {
    jobs: seen.filter(({ createdAt, endedAt }) => (endedAt ?? createdAt) >= since || endedAt === null),
    more,
  }
}
