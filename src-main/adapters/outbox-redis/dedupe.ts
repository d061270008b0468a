import type { Redis } from 'ioredis'
import type { KeyFacts, KeyServer } from '../../domain/dedupe/facts.ts'
import type { Client } from './client.ts'
import { infoOf, settingsOf } from './report.ts'

/** Keys that are looked at. */
const KEYS_MAX = 1_000
/** Keys that the server looks at in one step. */
const STEP = 1_000
const SAMPLE_BUDGET_MS = 3_000
const SPECIAL = /[\\*?[\]]/g

/** What keys that prove consumption, and their server, tell. `keyOf` is how the configuration names the key of a message. */
export async function keyFacts(
  client: Client,
  { keyOf, place, retentionSec }: { keyOf: string; place: string; retentionSec: number | null },
): Promise<KeyFacts> {
  const pattern = keyOf
    .split(place)
    .map((part) => part.replace(SPECIAL, '\\$&'))
    .join('*')
  const { keys, complete } = await sampleOf(client, pattern)
  const lives = await Promise.all(keys.map((key) => lifeOf(client, key)))
  const ending = lives.flatMap((life) => (typeof life === 'object' ? [life] : []))
  return {
    kind: 'keys',
    pattern,
    keys: ending.length + lives.filter((life) => life === 'endless').length,
    complete,
    endless: lives.filter((life) => life === 'endless').length,
    livesSec: ending.length === 0 ? null : Math.max(...ending.map(({ sec }) => sec)),
    livesExact: ending.some(({ exact }) => exact),
    server: await serverOf(client),
    retentionSec,
  }
}

async function sampleOf(
  client: Client,
  pattern: string,
): Promise<{ readonly keys: readonly string[]; readonly complete: boolean }> {
  const endsAt = performance.now() + SAMPLE_BUDGET_MS
  const found = new Set<string>()
  let complete = true
  for (const server of client.masters()) {
    let cursor = '0'
    do {
      const [next, keys] = await server.scan(cursor, 'MATCH', pattern, 'COUNT', STEP)
      for (const key of keys) found.add(key)
      cursor = next
    } while (cursor !== '0' && found.size < KEYS_MAX && performance.now() < endsAt)
    if (cursor !== '0') complete = false
  }
  return { keys: [...found].slice(0, KEYS_MAX), complete }
}

type Life = { readonly sec: number; readonly exact: boolean } | 'endless' | 'gone'

/**
 * Seconds that a key lives in all: what is left, and what has gone by since it was set. Nobody reads a key of this kind but
 * the second delivery of its message, so the time that it lay untouched is its age; the longest of many is what is set. A
 * value such as 1 is one object for all keys that have it, and its age says nothing: then only what is left is known.
 */
async function lifeOf({ redis }: Client, key: string): Promise<Life> {
  const [leftMs, uses, idleSec] = await Promise.all([
    redis.pttl(key),
    redis.object('REFCOUNT', key).then(Number, () => 0),
    // Where the policy counts uses, the server does not know it.
    redis.object('IDLETIME', key).then(Number, () => null),
  ])
  if (leftMs === -1) return 'endless'
  if (leftMs < 0) return 'gone'
  const exact = uses === 1 && idleSec !== null
  return { sec: leftMs / 1_000 + (exact ? idleSec : 0), exact }
}

async function serverOf(client: Client): Promise<KeyServer> {
  const [server = client.redis as Redis] = client.masters()
  const [settings, info] = await Promise.all([settingsOf(server), infoOf(server).catch(() => new Map())])
  const told = (name: string, setting = name.replaceAll('_', '-')): string | null =>
    settings?.get(setting) ?? (info.get(name) as string | undefined) ?? null
  const number = (text: string | null): number | null => (text === null || text === '' ? null : Number(text))
  const log = told('aof_enabled', 'appendonly')
  return {
    evictionPolicy: told('maxmemory_policy'),
    memoryMax: number(told('maxmemory')),
    evicted: number(told('evicted_keys')),
    log: log === null ? null : ['yes', '1'].includes(log) ? (told('', 'appendfsync') ?? '?') : 'off',
    snapshots: told('', 'save'),
    replicas: number(told('connected_slaves')) ?? 0,
    replicasForWrite: number(told('', 'min-replicas-to-write')),
  }
}
