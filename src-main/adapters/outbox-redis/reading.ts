import { RedriveError } from '../../domain/errors.ts'
import type { Answer, Client } from './client.ts'
import { classify } from './classify.ts'
import { fieldsOf } from './messages.ts'
import type { Found, Note } from './messages.ts'
import type { Parts } from './parts.ts'
import { placeOf } from './staging.ts'

/** Messages that are asked for at once. */
const TOGETHER_MAX = 200

/** Of one id what the server has: the message, or the trace of one that Redrive has removed. */
export interface Told {
  readonly found: Found | null
  readonly trace: string | null
}

/** In the order of the ids. Throws RedriveError. */
export async function tell(
  parts: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Told[]> {
  const told: Told[] = []
  for (let at = 0; at < ids.length; at += TOGETHER_MAX) {
    requireGoing(signal)
    const some = ids.slice(at, at + TOGETHER_MAX)
    told.push(
      ...(await guarded(parts, 'read', signal, () => Promise.all(some.map((id) => tellOne(parts, id))))),
    )
  }
  return told
}

export async function find(
  parts: Parts,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  return (await tell(parts, ids, signal)).flatMap(({ found }) => (found === null ? [] : [found]))
}

async function tellOne({ client, staged, table }: Parts, id: string): Promise<Told> {
  const place = placeOf(staged, table, id)
  // An id that is none of a stream is an error there, and no message.
  if (staged.layout === 'stream' && !/^\d+-\d+$/.test(id)) return { found: null, trace: null }
  const [nowMs, pairs, note, version, trace] = await client.read(
    ...place.keys,
    place.layout,
    place.field,
    place.inner,
  )
  const told = { trace: typeof trace === 'string' ? trace : null }
  if (!Array.isArray(pairs)) return { ...told, found: null }
  const found: Found = {
    id,
    nowMs: Number(nowMs),
    fields: fieldsOf((pairs as readonly Answer[]).map(String), id),
    note: typeof note === 'string' ? (JSON.parse(note) as Note) : null,
    version: String(version),
  }
  return { ...told, found }
}

export function requireGoing(signal: AbortSignal): void {
  if (signal.aborted) throw new RedriveError('cancelled', 'later')
}

/** What goes wrong as what the caller must do; a call that is cancelled ends, whatever the server still does. */
export async function guarded<Result>(
  { detail, load }: Pick<Parts, 'detail' | 'load'>,
  during: 'read' | 'write',
  signal: AbortSignal,
  ask: () => Promise<Result>,
): Promise<Result> {
  requireGoing(signal)
  try {
    return await load.turn('short', () => load.timed(ask), signal)
  } catch (error) {
    throw classify(error, { during, detail })
  }
}

export async function serverTime({ redis }: Client): Promise<string> {
  const [seconds, micros] = await redis.time()
  return new Date(Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)).toISOString()
}
