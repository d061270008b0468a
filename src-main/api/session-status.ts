import type { SessionStatus } from '../../src-preload/contract/session.ts'
import { slowerOf } from './slower.ts'
import { named } from '../domain/named.ts'
import type { Engine } from '../app/engine.ts'

/** Jobs that the frame of the console names. */
const JOBS_SHOWN_MAX = 20

/** What the frame of the console shows: connections, unlocks, jobs that are not over. */
export async function sessionStatus(engine: Engine): Promise<SessionStatus> {
  const { ports, health, locks, changes } = engine
  const revision = changes.revision()
  const { sources, brokers } = await ports.workspace.load()
  const known = new Map(health.all().map((entry) => [`${entry.kind} ${entry.name}`, entry]))
  const now = ports.clock.now().toISOString()
  const connection = (kind: 'source' | 'broker', name: string): SessionStatus['connections'][number] => ({
    kind,
    name,
    environment: (kind === 'source' && named(sources, name)?.environment) || null,
    ...(known.get(`${kind} ${name}`) ?? {
      state: 'idle',
      code: null,
      reason: null,
      latencyMs: null,
      at: now,
    }),
    ...(kind === 'source' ? slowerOf(ports, name) : {}),
  })
  const open = await ports.alerts.open()
  const jobs = await ports.jobReader.jobs({ before: null, limit: JOBS_SHOWN_MAX })
  return {
    now,
    connections: [
      ...Object.keys(sources).map((name) => connection('source', name)),
      ...Object.keys(brokers).map((name) => connection('broker', name)),
    ],
    unlocks: locks.unlocked().map((unlock) => ({ ...unlock })),
    jobs: jobs.flatMap(({ job, source, state, items, ended }) =>
      state === 'running' || state === 'interrupted' || state === 'paused'
        ? [{ job, source, state, items, ended }]
        : [],
    ),
    deadLetters: knownLetters(engine),
    unsettled: (await ports.jobReader.unsettledJobs(null)).reduce(
      (sum, { tally }) => sum + tally.unsettled,
      0,
    ),
    alerts: {
      firing: open.length,
      fresh: open.filter(({ acknowledged }) => acknowledged === null).length,
    },
    revision,
  }
}

/** As the last looks of this process found them: nobody is asked, and reading a queue is an act. */
function knownLetters({ looking }: Engine): SessionStatus['deadLetters'] {
  const looks = looking.all()
  const [oldest] = looks.map(({ at }) => at).sort()
  if (oldest === undefined) return null
  return { count: looks.reduce((sum, { open }) => sum + open, 0), oldestLookAt: oldest }
}
