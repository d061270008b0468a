import { createRouterClient } from '@orpc/server'
import { describe, expect, test } from 'vitest'
import { createRouter } from '../../src-main/api/router.ts'
import { roles } from '../../src-main/domain/role.ts'
import type { Role } from '../../src-main/domain/role.ts'
import { neededRole } from '../../src-preload/contract/roles.ts'
import { calling } from '../support/callers.ts'
import { procedurePaths } from '../support/procedures.ts'
import { addFailed, eventually, openScene, statuses } from '../support/resend-scene.ts'
import type { Scene } from '../support/resend-scene.ts'
import { testSource } from '../support/test-engine.ts'

const info = { version: '0', host: 'http', sandbox: false, keepsPasswords: false, lookOnly: null } as const
const failed = { kind: 'filter', filter: { trouble: 'failed' } } as const
const slow = { typedCount: null, rate: 5, ramp: false, brake: null } as const

function clientOf({ engine }: Scene, operator: string, role: Role = 'operator') {
  return createRouterClient(createRouter(engine.engine, info), calling(operator, role))
}

async function journalOf({ engine }: Scene): Promise<readonly (readonly [string, string])[]> {
  const entries = await engine.store.journal.list({ order: 'oldest', cursor: null, limit: 1_000 })
  return entries.map(({ action, operator }) => [action, operator] as const)
}

describe('a role', () => {
  test('every call is refused to every role below its own, before anything is read of it', async (context) => {
    const scene = await openScene(context)
    const before = await journalOf(scene)
    for (const [area, name] of procedurePaths()) {
      const needed = neededRole([area, name]) ?? 'viewer'
      for (const role of roles.slice(0, roles.indexOf(needed))) {
        const client = clientOf(scene, 'eve', role) as unknown as Record<
          string,
          Record<string, (input: unknown) => Promise<unknown>>
        >
        // No input at all: what checked the input first would say that instead.
        await expect
          .soft(client[area]?.[name]?.(undefined), `${area}.${name} as ${role}`)
          .rejects.toMatchObject({
            data: { code: 'role-forbids', retry: 'never' },
          })
      }
    }
    expect(await journalOf(scene)).toEqual(before)
  })

  test('a viewer sees the messages and cannot resend them', async (context) => {
    const scene = await openScene(context)
    await addFailed(scene, 3)
    const viewer = clientOf(scene, 'vera', 'viewer')
    const asked = { source: testSource, selection: failed, edit: null, redirect: null } as const
    expect(await viewer.overview.source({ source: testSource })).toMatchObject({ source: testSource })
    await expect(viewer.plans.resend(asked)).rejects.toMatchObject({ data: { code: 'role-forbids' } })
    const operator = clientOf(scene, 'otto')
    const plan = await operator.plans.resend(asked)
    await operator.connections.unlock({ source: testSource, minutes: 5, typedName: null })
    // Though somebody else unlocked it and made the plan.
    const run = { plan: plan.plan, digest: plan.digest, ...slow }
    await expect(viewer.jobs.run(run)).rejects.toMatchObject({ data: { code: 'role-forbids' } })
    await expect(
      viewer.decisions.resolve({
        source: testSource,
        items: [{ id: '1', version: null }],
        reason: 'x',
        typedCount: null,
      }),
    ).rejects.toMatchObject({ data: { code: 'role-forbids' } })
    expect(await statuses(scene)).toEqual({ failed: 3 })
  })

  test('an operator tests a saved connection, and no server of their own choice', async (context) => {
    const scene = await openScene(context)
    const operator = clientOf(scene, 'otto')
    expect(await operator.connections.testSource({ name: testSource, draft: null })).toMatchObject({
      ok: true,
    })
    const draft = {
      driver: 'rabbitmq',
      url: 'amqp://guest@127.0.0.1:1/',
      password: { kind: 'keep' },
    } as const
    await expect(operator.connections.testBroker({ name: 'rabbit', draft })).rejects.toMatchObject({
      data: { code: 'role-forbids' },
    })
  })
})

describe('the journal', () => {
  test('names whoever acted, of several who act on one engine at once', async (context) => {
    const scene = await openScene(context)
    await addFailed(scene, 30)
    const [ann, bob] = [clientOf(scene, 'ann'), clientOf(scene, 'bob')]
    const message = (id: string) => ({ source: testSource, id, messageId: `message-${id}` })
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? ann : bob).notes.add({
          ...message(String(at + 1)),
          text: at % 2 === 0 ? 'ann' : 'bob',
        }),
      ),
    )
    const notes = await scene.engine.store.journal.list({ order: 'oldest', cursor: null, limit: 100 })
    expect(notes).toHaveLength(20)
    for (const { operator, detail } of notes) expect(detail).toMatchObject({ text: operator })
    expect(await ann.session.info({})).toMatchObject({ operator: 'ann', role: 'operator' })
  })

  test('a job is its starter’s to its end, and pausing it is the act of who did', async (context) => {
    const scene = await openScene(context)
    await addFailed(scene, 30)
    const [ann, bob] = [clientOf(scene, 'ann'), clientOf(scene, 'bob')]
    const plan = await ann.plans.resend({ source: testSource, selection: failed, edit: null, redirect: null })
    await ann.connections.unlock({ source: testSource, minutes: 5, typedName: null })
    const job = await ann.jobs.run({ plan: plan.plan, digest: plan.digest, ...slow })
    expect(job).toMatchObject({ operator: 'ann' })
    await eventually('it publishes', async () => (await ann.jobs.get({ job: job.job })).ended > 0)
    expect(await bob.jobs.pause({ job: job.job })).toMatchObject({ state: 'paused', operator: 'ann' })
    const entries = await journalOf(scene)
    expect(entries.at(-1)).toEqual(['job-ended', 'bob'])
    expect(new Set(entries.slice(0, -1).map(([, operator]) => operator))).toEqual(new Set(['ann']))
    expect(entries.map(([action]) => action)).toContain('job-publishing')
    await bob.jobs.continue({ job: job.job })
    expect((await journalOf(scene)).find(([action]) => action === 'job-continued')).toEqual([
      'job-continued',
      'bob',
    ])
    await bob.jobs.cancel({ job: job.job })
  })

  test('what outlives a call on a schedule is nobody’s in particular', async (context) => {
    const scene = await openScene(context)
    const ann = clientOf(scene, 'ann', 'administrator')
    await scene.engine.engine.auditWatching.start()
    await ann.audits.watch({ source: testSource, everySec: 60 })
    const scheduled = async () =>
      (await ann.audits.list({ source: testSource, before: null, limit: 10 })).audits.filter(
        ({ trigger }) => trigger === 'schedule',
      )
    await eventually('an audit began', async () => (await scheduled()).length > 0)
    expect((await scheduled()).map(({ operator }) => operator)).toEqual(['tester'])
    expect(await journalOf(scene)).toContainEqual(['audit-watched', 'ann'])
  })
})
