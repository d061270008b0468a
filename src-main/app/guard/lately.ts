import type { Deed } from '../../domain/deed.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

export const HOUR_MS = 3_600_000

/** What counts together: the sources of one environment. A source that the workspace has no more counts everywhere. */
async function inEnvironment(
  deeds: readonly Deed[],
  environment: Environment,
  connections: Connections,
): Promise<readonly Deed[]> {
  const known = new Map<string, boolean>()
  for (const { source } of deeds) {
    if (source === null || known.has(source)) continue
    const counts = connections.environment(source).then(
      (found) => found === environment,
      () => true,
    )
    known.set(source, await counts)
  }
  return deeds.filter(({ source }) => source !== null && known.get(source) === true)
}

interface Looking {
  readonly ports: Pick<EnginePorts, 'deeds' | 'clock'>
  readonly connections: Connections
}

const before = (at: string | number): string =>
  new Date((typeof at === 'number' ? at : Date.parse(at)) - HOUR_MS).toISOString()

/** Messages that people acted on within the last hour without a second person. */
export async function begunLately(
  { ports, connections }: Looking,
  environment: Environment,
): Promise<number> {
  const deeds = await ports.deeds.since(before(ports.clock.now().getTime()))
  return sum((await inEnvironment(deeds, environment, connections)).filter(alone))
}

/**
 * The same for the hour before a job was begun, with the job itself: jobs that are begun at the same time are in some order
 * in the journal, so that one of them is the one too many, whichever process it is in. Null: the journal knows no such job.
 */
export async function begunBefore(
  { ports, connections }: Looking,
  environment: Environment,
  { job, createdAt }: { readonly job: string; readonly createdAt: string },
): Promise<{ readonly own: Deed; readonly others: number } | null> {
  const deeds = await ports.deeds.since(before(createdAt))
  const own = deeds.find(({ kind, subject }) => kind === 'begun' && subject === job)
  if (own === undefined) return null
  const sinceThen = before(own.at)
  const earlier = deeds.filter(({ seq, at }) => seq < own.seq && at >= sinceThen)
  return { own, others: sum((await inEnvironment(earlier, environment, connections)).filter(alone)) }
}

/** Messages that sweeps were about to send within the last hour. */
export async function sweptLately(
  { ports, connections }: Looking,
  environment: Environment,
): Promise<number> {
  const deeds = await ports.deeds.since(before(ports.clock.now().getTime()))
  const counted = await inEnvironment(deeds, environment, connections)
  return sum(counted.filter(({ kind, subject }) => kind === 'published' && isSweep(subject)))
}

/** Messages that were sent or decided within the last hour, whoever began it. */
export async function doneLately({ ports, connections }: Looking, environment: Environment): Promise<number> {
  const deeds = await ports.deeds.since(before(ports.clock.now().getTime()))
  return sum((await inEnvironment(deeds, environment, connections)).filter(({ kind }) => kind !== 'begun'))
}

function alone({ kind, approved }: Deed): boolean {
  return kind !== 'published' && !approved
}

/** The job of a sweep carries the name of its run. */
function isSweep(subject: string | null): boolean {
  return subject !== null && subject.startsWith('sweep-')
}

function sum(deeds: readonly Deed[]): number {
  return deeds.reduce((total, { messages }) => total + messages, 0)
}
