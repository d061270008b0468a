import { implement } from '@orpc/server'
import { connections, type BrokerDraft, type SourceDraft } from '../../../src-preload/contract/connections.ts'
import { addSource, changed, errorOf, iso, meet, note, refuse, sourceOf, type World } from './fake-world.ts'

export function fakeConnections(world: World) {
  const os = implement(connections)
  return {
    list: os.list.handler(async () => {
      await meet(world, 'connections.list', null)
      return {
        sources: [...world.sources.values()].map(({ connection }) => connection),
        brokers: [...world.brokers.values()],
      }
    }),
    saveSource: os.saveSource.handler(async ({ input }) => {
      await meet(world, 'connections.saveSource', input.name)
      if (input.isNew && world.sources.has(input.name)) refuse('name-in-use', { name: input.name })
      const source = world.sources.get(input.name) ?? addSource(world, { name: input.name })
      const { password, ...draft } = input.draft
      source.connection = {
        ...source.connection,
        ...draft,
        passwordKind: kindOf(password, source.connection.passwordKind),
      }
      note(world, { action: 'workspace-changed', source: input.name })
      changed(world)
      return source.connection
    }),
    saveBroker: os.saveBroker.handler(async ({ input }) => {
      await meet(world, 'connections.saveBroker', input.name)
      const known = world.brokers.get(input.name)
      if (input.isNew && known !== undefined) refuse('name-in-use', { name: input.name })
      const { password, ...draft } = input.draft
      const broker = {
        ...draft,
        name: input.name,
        passwordKind: kindOf(password, known?.passwordKind ?? 'none'),
      }
      world.brokers.set(input.name, broker)
      note(world, { action: 'workspace-changed', subject: input.name })
      changed(world)
      return broker
    }),
    removeSource: os.removeSource.handler(async ({ input }) => {
      sourceOf(world, input.name)
      world.sources.delete(input.name)
      note(world, { action: 'workspace-changed', source: input.name })
      changed(world)
      return {}
    }),
    removeBroker: os.removeBroker.handler(async ({ input }) => {
      const used = [...world.sources.values()].some(({ connection: { deliverTo, evidence } }) => {
        const proof = evidence && 'log' in evidence ? evidence.broker : null
        return [deliverTo, proof].includes(input.name)
      })
      if (used) refuse('name-in-use', { name: input.name })
      world.brokers.delete(input.name)
      changed(world)
      return {}
    }),
    testSource: os.testSource.handler(async ({ input }) => testSource(world, input)),
    testBroker: os.testBroker.handler(async ({ input }) => {
      await meet(world, 'connections.testBroker', input.name)
      const error = world.switches.fail[`connections.test ${input.name}`]
      return error === undefined
        ? { ok: true as const, report: { product: 'RabbitMQ', version: '3.13.7', latencyMs: 1.8 } }
        : { ok: false as const, error }
    }),
    unlock: os.unlock.handler(async ({ input }) => {
      await meet(world, 'connections.unlock', input.source)
      const { connection } = sourceOf(world, input.source)
      if (connection.environment === 'production' && input.typedName !== input.source)
        refuse('usage', { problem: 'The name of the source must be typed.' })
      if (connection.environment === 'production' && input.reason === undefined) refuse('reason-required', {})
      const unlockedUntil = iso(world.now() + input.minutes * 60_000)
      connection.unlockedUntil = unlockedUntil
      note(world, {
        action: 'source-unlocked',
        source: input.source,
        detail: { minutes: input.minutes, ...(input.reason === undefined ? {} : { reason: input.reason }) },
      })
      changed(world)
      return { unlockedUntil }
    }),
    lock: os.lock.handler(async ({ input }) => {
      await meet(world, 'connections.lock', input.source)
      sourceOf(world, input.source).connection.unlockedUntil = null
      note(world, { action: 'source-locked', source: input.source })
      changed(world)
      return {}
    }),
  }
}

type PasswordKind = 'none' | 'env' | 'stored' | 'prompt' | 'command' | 'secrets-file' | 'workspace-file'

function kindOf(password: (SourceDraft | BrokerDraft)['password'], known: PasswordKind): PasswordKind {
  return { none: 'none' as const, env: 'env' as const, typed: 'stored' as const, keep: known }[password.kind]
}

/** A host called `down…` does not answer; the password `wrong` is refused; everything else is well. */
async function testSource(world: World, input: { name: string; draft: SourceDraft | null }) {
  await meet(world, 'connections.testSource', input.name)
  const url = new URL(input.draft?.url ?? sourceOf(world, input.name).connection.url)
  const password = input.draft?.password
  const scripted = world.switches.fail[`connections.test ${input.name}`]
  if (scripted !== undefined) return { ok: false as const, error: scripted }
  if (url.hostname.startsWith('down'))
    return { ok: false as const, error: errorOf('host-unreachable', { server: url.host }, 'later') }
  if (password?.kind === 'typed' && password.value === 'wrong')
    return { ok: false as const, error: errorOf('auth-failed', { server: url.host, user: url.username }) }
  return {
    ok: true as const,
    report: {
      serverVersion: 'PostgreSQL 16.4',
      role: 'primary' as const,
      latencyMs: 3.4,
      table: input.draft?.table ?? 'public.outbox_message',
      profile: 'redrive-reference',
      mappingDigest: 'a'.repeat(64),
      privileges: { select: true, update: true },
      drift: null,
      readRoleCanWrite: false,
      indexed: true,
      ...world.switches.report,
    },
  }
}
