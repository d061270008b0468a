import { implement } from '@orpc/server'
import { contract } from '../../../src-preload/contract/index.ts'
import type { SessionStatus } from '../../../src-preload/contract/session.ts'
import { fakeAlerts } from './fake-alerts.ts'
import { fakeAudits } from './fake-audits.ts'
import { fakeBrokers } from './fake-brokers.ts'
import { fakeCallback } from './fake-callback.ts'
import { fakeConnections } from './fake-connections.ts'
import { fakeDeadLetters } from './fake-dead-letters.ts'
import { fakeDecisions } from './fake-decisions.ts'
import { dedupeOf, evidenceOfMessage } from './fake-evidence.ts'
import { fakeHalfMessages } from './fake-half-messages.ts'
import { fakeJobs } from './fake-job-routes.ts'
import { fakeMappings } from './fake-mappings.ts'
import { fakeOverview } from './fake-overview.ts'
import { fakePlaces } from './fake-places.ts'
import { fakePlans } from './fake-plan-routes.ts'
import { groupMessages, listMessages, messageDetail, unmaskMessage } from './fake-reads.ts'
import { fakeSweeps } from './fake-sweeps.ts'
import { fakeTriage } from './fake-triage.ts'
import { changes } from './fake-changes.ts'
import { errorOf, iso, meet, type World } from './fake-world.ts'

/** The contract over a world in memory: every input and output is validated as the real engine's is. */
export function fakeEngine(world: World) {
  const os = implement(contract)
  const { messages, journal, session } = os
  return os.router({
    alerts: fakeAlerts(world),
    audits: fakeAudits(world),
    brokers: fakeBrokers(world),
    callback: fakeCallback(world.callback),
    connections: fakeConnections(world),
    deadLetters: fakeDeadLetters(world),
    decisions: fakeDecisions(world),
    evidence: {
      check: os.evidence.check.handler(async ({ input }) => {
        await meet(world, 'evidence.check', input.source)
        return dedupeOf(world)
      }),
    },
    halfMessages: fakeHalfMessages(world),
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
      unmask: messages.unmask.handler(async ({ input }) => {
        await meet(world, 'messages.unmask', input.source)
        return unmaskMessage(world, input)
      }),
      evidence: messages.evidence.handler(({ input }) => evidenceOfMessage(world, input.id)),
    },
    overview: fakeOverview(world),
    mappings: fakeMappings(world),
    places: fakePlaces(world),
    plans: fakePlans(world),
    jobs: fakeJobs(world),
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
          ? {
              intact: true as const,
              entries,
              headHash: world.journal.at(-1)?.hash ?? '0'.repeat(64),
              signed: { by: ['a1'.repeat(32)], upTo: entries, checkpoints: 2, before: 0 },
            }
          : { intact: false as const, entries, brokenAt: Math.ceil(entries / 2), finding: 'changed' as const }
      }),
      key: journal.key.handler(() => ({
        key: { fingerprint: 'a1'.repeat(32), publicKey: 'PEM', kept: 'file' as const },
      })),
      acceptClock: journal.acceptClock.handler(() => {
        throw new Error('the page does not ask for it')
      }),
      seal: journal.seal.handler(() => {
        const last = world.journal.at(-1)
        if (last === undefined) return { seal: null }
        const { seq, hash, at } = last
        const end = { seq, hash, at, key: 'a1'.repeat(32), signature: 'c2lnbmVk' }
        return { seal: { checkpoints: [{ ...end, unsigned: 0 }], end } }
      }),
    },
    operators: {
      list: os.operators.list.handler(async () => ({ operators: [] })),
      add: os.operators.add.handler(() => {
        throw new Error('no page makes tokens')
      }),
      revoke: os.operators.revoke.handler(async () => ({ revoked: [] })),
    },
    sweeps: fakeSweeps(world),
    ...fakeTriage(world),
    session: {
      info: session.info.handler(async () => ({
        version: '0.1.0',
        host: 'http' as const,
        operator: world.operator,
        ...world.switches.person,
        sandbox: false,
        keepsPasswords: world.switches.keepsPasswords,
        lookOnly: world.switches.lookOnly
          ? errorOf('store-read-only', { path: 'redrive.db', problem: 'read-only file system' })
          : null,
      })),
      watch: session.watch.handler(async function* ({ signal }) {
        for await (const revision of changes(world, signal)) yield status(world, revision)
      }),
    },
  })
}

function status(world: World, revision: number): SessionStatus {
  const at = iso(world.now())
  const sources = [...world.sources.values()]
  const open = [...world.alerts.alerts.values()].filter(({ resolved }) => resolved === null)
  return {
    now: at,
    connections: [
      // A place of dead letters is unlocked as a source is, and is no connection of its own.
      ...sources
        .filter(({ connection: { name } }) => !name.includes('/'))
        .map(({ connection, status: state }) => ({
          kind: 'source' as const,
          name: connection.name,
          environment: connection.environment,
          state,
          code: state === 'disconnected' ? ('host-unreachable' as const) : null,
          reason: null,
          latencyMs: state === 'connected' ? 3.4 : null,
          ...(world.switches.slower === null ? {} : { slower: world.switches.slower }),
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
      unlockedUntil === null ? [] : [{ source: name, unlockedUntil, by: world.operator, reason: null }],
    ),
    jobs: [...world.jobs.values()].flatMap(({ job: { job, source, state, items, ended } }) =>
      state === 'done' || state === 'cancelled' ? [] : [{ job, source, state, items, ended }],
    ),
    deadLetters: world.knownLetters,
    unsettled: [...world.jobs.values()].reduce((sum, { job }) => sum + job.tally.unsettled, 0),
    alerts: {
      firing: open.length,
      fresh: open.filter(({ acknowledged }) => acknowledged === null).length,
    },
    revision,
  }
}
