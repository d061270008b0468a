import Database from 'better-sqlite3'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { TestContext } from 'vitest'
import type { Plan } from '../../src-main/domain/plan.ts'
import { planResend } from '../../src-main/app/resend/plan-resend.ts'
import { approvalOf, policyOf, testApprover } from './approvers.ts'
import { addFailed, openScene, statuses } from './resend-scene.ts'
import type { Scene } from './resend-scene.ts'
import { testSource } from './test-engine.ts'

export const never = new AbortController().signal
export const mei = testApprover('mei')
export const policy = { approval: policyOf(10, mei) }
export const required = { code: 'approval-required' }

export async function guarded(
  context: TestContext,
  options: Parameters<typeof openScene>[1] & { readonly count?: number } = {},
): Promise<Scene> {
  const { count = 30, ...rest } = options
  const scene = await openScene(context, { policy, ...rest })
  await addFailed(scene, count)
  await scene.engine.unlock()
  return scene
}

export const failed = { trouble: 'failed' } as const

/** What a person with a database client can do to the store. */
export function sql({ dataDir }: Scene, change: (db: Database.Database) => void): void {
  const db = new Database(join(dataDir, 'redrive.db'))
  try {
    change(db)
  } finally {
    db.close()
  }
}

export function take(
  scene: Scene,
  plan: Plan,
  ...but: Parameters<typeof approvalOf> extends [unknown, ...infer R] ? R : never
) {
  return scene.engine.engine.guards.take(plan, JSON.stringify(approvalOf(plan, ...but)))
}

export async function actions({ engine }: Scene): Promise<readonly string[]> {
  const entries = await engine.store.journal.list({ order: 'oldest', cursor: null, limit: 1_000 })
  return entries.map(({ action }) => action)
}

export async function nothingSent(scene: Scene, count = 30): Promise<void> {
  expect(await scene.rabbit.count(scene.queue)).toBe(0)
  expect(await statuses(scene)).toEqual({ failed: count })
}

export async function planOfIds({ engine }: Scene, ids: readonly string[]): Promise<Plan> {
  const { ports, connections } = engine.engine
  const request = { source: testSource, selection: { kind: 'ids', ids } as const, edit: null, redirect: null }
  return planResend(ports, connections, request, never)
}
