import type { Redis } from 'ioredis'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import type { OutboxReport } from '../../ports/outbox.ts'
import type { Parts } from './parts.ts'
import { guarded } from './reading.ts'

const ROUND_TRIPS = 3
const SETTINGS = [
  'appendonly',
  'appendfsync',
  'save',
  'maxmemory-policy',
  'maxmemory',
  'min-replicas-to-write',
] as const
const SECTIONS = ['server', 'replication', 'memory', 'persistence', 'stats'] as const

export async function reportOn(parts: Parts, signal: AbortSignal): Promise<OutboxReport> {
  const { client, mapping, table } = parts
  const [server] = client.masters()
  const info = await guarded(parts, 'read', signal, () => infoOf(server ?? (client.redis as Redis)))
  const settings = server === undefined ? null : await settingsOf(server)
  const of = (name: string): string => info.get(name) ?? ''
  const replicas = Number(of('connected_slaves') || '0')
  const told = settings === null ? null : persistence(settings, replicas)
  return {
    serverVersion: `Redis ${of('redis_version')}`,
    role: of('role') === 'slave' ? 'standby' : 'primary',
    latencyMs: await latency(parts, signal),
    table,
    profile: mapping.profile,
    mappingDigest: mappingDigest(mapping),
    privileges: { select: true, update: of('role') !== 'slave' },
    drift: null,
    readRoleCanWrite: false,
    // Nothing has an index here: lists are read message by message.
    indexed: false,
    facts: told?.facts ?? [],
    warnings: told?.warnings ?? [say('warning.redis-unknown')],
  }
}

export async function infoOf(server: Redis): Promise<ReadonlyMap<string, string>> {
  const parts = await Promise.all(SECTIONS.map((section) => server.info(section)))
  return new Map(
    parts
      .join('\n')
      .split(/\r?\n/)
      .flatMap((line) => {
        const colon = line.indexOf(':')
        return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const]
      }),
  )
}

/** Null: the user may not ask, as with most servers that somebody else runs. */
export async function settingsOf(server: Redis): Promise<ReadonlyMap<string, string> | null> {
  try {
    const found = await Promise.all(SETTINGS.map((name) => server.config('GET', name)))
    return new Map(
      found.flatMap((pair) => (Array.isArray(pair) ? [[String(pair[0]), String(pair[1])] as const] : [])),
    )
  } catch {
    return null
  }
}

/** What a crash, or a full memory, would take with it. */
export function persistence(
  settings: ReadonlyMap<string, string>,
  replicas: number,
): { readonly facts: readonly Text[]; readonly warnings: readonly Text[] } {
  const of = (name: (typeof SETTINGS)[number]): string => settings.get(name) ?? ''
  const log = of('appendonly') === 'yes'
  const save = of('save') === '' ? '-' : of('save')
  const facts = [
    say('fact.redis-log', { log: log ? of('appendfsync') : 'off', save }),
    say('fact.redis-replicas', { count: replicas, min: of('min-replicas-to-write') || '0' }),
    say('fact.redis-memory', { policy: of('maxmemory-policy') || '-' }),
  ]
  const lostAtCrash = !log
    ? [say(of('save') === '' ? 'warning.redis-nothing' : 'warning.redis-snapshots', { save })]
    : of('appendfsync') === 'always'
      ? []
      : [say('warning.redis-fsync', { mode: of('appendfsync') })]
  const lostAtFailover =
    replicas > 0 && Number(of('min-replicas-to-write') || '0') === 0 ? [say('warning.redis-failover')] : []
  const evicted =
    of('maxmemory-policy') !== 'noeviction' && of('maxmemory-policy') !== ''
      ? [say('warning.redis-eviction', { policy: of('maxmemory-policy') })]
      : []
  return { facts, warnings: [...lostAtCrash, ...lostAtFailover, ...evicted] }
}

async function latency(parts: Parts, signal: AbortSignal): Promise<number> {
  const times: number[] = []
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const startedAt = performance.now()
    await guarded(parts, 'read', signal, () => parts.client.redis.ping())
    times.push(performance.now() - startedAt)
  }
  return times.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)] ?? 0
}
