import { implement } from '@orpc/server'
import { contract } from '../../../src-preload/contract/index.ts'
import type { Job } from '../../../src-preload/contract/jobs.ts'
import type { SessionStatus } from '../../../src-preload/contract/session.ts'
import { fakeConnections } from './fake-connections.ts'
import { fakeDecisions } from './fake-decisions.ts'
import { cancelJob, continueJob, jobOf, runPlan, settleJob } from './fake-jobs.ts'
import { makePlan, planOf, viewPlan } from './fake-plans.ts'
import { groupMessages, listMessages, messageDetail, sourceOverview } from './fake-reads.ts'
import { fakeSweeps } from './fake-sweeps.ts'
import { iso, meet, type World } from './fake-world.ts'

/** The contract over a world in memory: every input and output is validated as the real engine's is. */
export function fakeEngine(world: World) {
  const os = implement(contract)
  const { messages, overview, plans, jobs, journal, session } = os
  return os.router({
    connections: fakeConnections(world),
    decisions: fakeDecisions(world),
    messages: {
      list: messages.list.handler(async ({ input }) => {
        await meet(world, 'messages.list', input.source)
        return listMessages(world, input)
      }),
      groups: messages.groups.handler(async ({ input }) => {
        await meet(world, 'messages.groups', input.source)
        return groupMessages(world, input)
      }),
      get: messages.get.handler(async ({ input }) => {
        await meet(world, 'messages.get', input.source)
        return messageDetail(world, input)
      }),
    },
    overview: {
      source: overview.source.handler(async ({ input }) => {
        await meet(world, 'overview.source', input.source)
        return sourceOverview(world, input.source)
      }),
    },
    plans: {
      resend: plans.resend.handler(async ({ input }) => {
        await meet(world, 'plans.resend', input.source)
        return makePlan(world, input)
      }),
      get: plans.get.handler(async ({ input }) => viewPlan(world, input.plan)),
      items: plans.items.handler(async ({ input }) => ({
        items: planOf(world, input.plan)
          .items.filter(({ seq }) => seq > input.afterSeq)
          .slice(0, input.limit),
      })),
      export: plans.export.handler(async ({ input }) => planOf(world, input.plan)),
      import: plans.import.handler(async ({ input }) => {
        world.plans.set(input.file.plan, input.file)
        return viewPlan(world, input.file.plan)
      }),
    },
    jobs: {
      run: jobs.run.handler(async ({ input }) => {
        await meet(world, 'jobs.run', null)
        return runPlan(world, input)
      }),
      list: jobs.list.handler(async ({ input }) => {
        await meet(world, 'jobs.list', input.source)
        const all = [...world.jobs.values()].map(({ job }) => job).reverse()
        const wanted = all.filter(({ source }) => input.source === null || source === input.source)
        const from = input.before === null ? 0 : wanted.findIndex(({ job }) => job === input.before) + 1
        return { jobs: wanted.slice(from, from + input.limit) }
      }),
      get: jobs.get.handler(async ({ input }) => {
        await meet(world, 'jobs.get', null)
        return jobOf(world, input.job).job
      }),
      items: jobs.items.handler(async ({ input }) => {
        await meet(world, 'jobs.items', null)
        const items = jobOf(world, input.job).items.filter(
          (item) =>
            item.seq > input.afterSeq &&
            (input.results === undefined || (item.result !== null && input.results.includes(item.result))) &&
            (input.unsettled !== true || (item.result === 'unknown' && item.settledAs === null)),
        )
        return { items: items.slice(0, input.limit) }
      }),
      watch: jobs.watch.handler(async function* ({ input, signal }): AsyncGenerator<Job> {
        let told = -1
        for await (const revision of changes(world, signal)) {
          const { job } = jobOf(world, input.job)
          if (revision !== told) yield job
          told = revision
          if (job.state !== 'running') return
        }
      }),
      cancel: jobs.cancel.handler(async ({ input }) => cancelJob(world, input.job)),
      continue: jobs.continue.handler(async ({ input }) => continueJob(world, input.job)),
      settle: jobs.settle.handler(async ({ input }) => settleJob(world, input)),
    },
    journal: {
      list: journal.list.handler(async ({ input }) => {
        await meet(world, 'journal.list', input.source ?? null)
        const ordered = input.order === 'newest' ? world.journal.toReversed() : world.journal
        const wanted = ordered.filter(
          (entry) =>
            (input.source === undefined || entry.source === input.source) &&
            (input.subject === undefined || entry.subject === input.subject) &&
            (input.actions === undefined || input.actions.includes(entry.action)),
        )
        const from = input.cursor === null ? 0 : wanted.findIndex(({ seq }) => seq === input.cursor) + 1
        const entries = wanted.slice(from, from + input.limit)
        const more = from + input.limit < wanted.length
        return { entries, nextCursor: more ? (entries.at(-1)?.seq ?? null) : null }
      }),
      verify: journal.verify.handler(async () => {
        await meet(world, 'journal.verify', null)
        const entries = world.journal.length
        return world.switches.journalIntact
          ? { intact: true as const, entries, headHash: world.journal.at(-1)?.hash ?? '0'.repeat(64) }
          : { intact: false as const, entries, brokenAt: Math.ceil(entries / 2), finding: 'changed' as const }
      }),
    },
    sweeps: fakeSweeps(world),
    session: {
      info: session.info.handler(async () => ({
        version: '0.1.0',
        host: 'http' as const,
        operator: world.operator,
        sandbox: false,
        keepsPasswords: world.switches.keepsPasswords,
      })),
      watch: session.watch.handler(async function* ({ signal }) {
        for await (const revision of changes(world, signal)) yield status(world, revision)
      }),
    },
  })
}

/** One item now, then one for every change (or several at once), until the signal fires. */
async function* changes(world: World, signal: AbortSignal | undefined): AsyncGenerator<number> {
  let wake = (): void => undefined
  let dirty = true
  const changed = (): void => {
    dirty = true
    wake()
  }
  world.watchers.add(changed)
  signal?.addEventListener('abort', changed)
  try {
    while (signal?.aborted !== true) {
      if (dirty) {
        dirty = false
        yield world.revision
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    world.watchers.delete(changed)
    signal?.removeEventListener('abort', changed)
  }
}

function status(world: World, revision: number): SessionStatus {
  const at = iso(world.now())
  const sources = [...world.sources.values()]
  return {
    now: at,
    connections: [
      ...sources.map(({ connection, status: state }) => ({
        kind: 'source' as const,
        name: connection.name,
        environment: connection.environment,
        state,
        code: state === 'disconnected' ? ('host-unreachable' as const) : null,
        reason: null,
        latencyMs: state === 'connected' ? 3.4 : null,
        at,
      })),
      ...[...world.brokers.values()].map(({ name }) => ({
        kind: 'broker' as const,
        name,
        environment: null,
        state: 'connected' as const,
        code: null,
        reason: null,
        latencyMs: 1.2,
        at,
      })),
    ],
    unlocks: sources.flatMap(({ connection: { name, unlockedUntil } }) =>
      unlockedUntil === null ? [] : [{ source: name, unlockedUntil }],
    ),
    jobs: [...world.jobs.values()].flatMap(({ job: { job, source, state, items, ended } }) =>
      state === 'running' || state === 'interrupted' ? [{ job, source, state, items, ended }] : [],
    ),
    revision,
  }
}
