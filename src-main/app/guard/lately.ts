import type { Ceiling, Deed } from '../../domain/deed.ts'
import type { Environment } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import { environmentOf } from '../connections/environment-of.ts'
import type { EnginePorts } from '../engine-ports.ts'

export const HOUR_MS = 3_600_000

/** What counts together: the sources of one environment. A source that the workspace has no more counts everywhere. */
async function inEnvironment(
  environment: Environment,
  connections: Connections,
): Promise<(deed: Deed) => boolean> {
  const workspace = await connections.workspace()
  return ({ source }) => source !== null && (environmentOf(workspace, source) ?? environment) === environment
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
  const { deeds } = await ports.deeds.since(before(ports.clock.now().getTime()))
  return sum(deeds.filter(await inEnvironment(environment, connections)).filter(alone))
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
  const { deeds } = await ports.deeds.since(before(createdAt))
  const own = deeds.find(({ kind, subject }) => kind === 'begun' && subject === job)
  if (own === undefined) return null
  const sinceThen = before(own.at)
  const earlier = deeds.filter(({ seq, at }) => seq < own.seq && at >= sinceThen)
  return { own, others: sum(earlier.filter(await inEnvironment(environment, connections)).filter(alone)) }
}

/** Messages that sweeps were about to send within the last hour. */
export async function sweptLately(
  { ports, connections }: Looking,
  environment: Environment,
): Promise<number> {
  const { deeds } = await ports.deeds.since(before(ports.clock.now().getTime()))
  return sum(deeds.filter(await inEnvironment(environment, connections)).filter(bySweep))
}

/** Messages that were sent or decided within the last hour, whoever began it. */
export async function doneLately({ ports, connections }: Looking, environment: Environment): Promise<number> {
  const { deeds } = await ports.deeds.since(before(ports.clock.now().getTime()))
  return sum(deeds.filter(await inEnvironment(environment, connections)).filter(done))
}

/** How many messages of a kind an hour may have, and what is said beyond it. */
export interface Hourly {
  readonly of: 'done' | 'alone' | 'swept'
  readonly limit: number
  readonly refusal: Ceiling['refusal']
}

/** The same limits for the store, which holds them where an act is written down. */
export async function ceilingsOf(
  { ports, connections }: Looking,
  environment: Environment,
  hourly: readonly Hourly[],
): Promise<readonly Ceiling[]> {
  if (hourly.length === 0) return []
  const { deeds, upTo } = await ports.deeds.since(before(ports.clock.now().getTime()))
  const here = await inEnvironment(environment, connections)
  return hourly.map(({ of, limit, refusal }) => {
    const counts = (deed: Deed): boolean => here(deed) && KINDS[of](deed)
    return { upTo, room: limit - sum(deeds.filter(counts)), counts, refusal }
  })
}

function alone({ kind, approved }: Deed): boolean {
  return kind !== 'published' && !approved
}

function done({ kind }: Deed): boolean {
  return kind !== 'begun'
}

function bySweep({ kind, subject }: Deed): boolean {
  return kind === 'published' && isSweep(subject)
}

const KINDS: Readonly<Record<Hourly['of'], (deed: Deed) => boolean>> = { done, alone, swept: bySweep }

/** The job of a sweep carries the name of its run. */
function isSweep(subject: string | null): boolean {
  return subject !== null && subject.startsWith('sweep-')
}

function sum(deeds: readonly Deed[]): number {
  return deeds.reduce((total, { messages }) => total + messages, 0)
}
