import { describe, expect, test } from 'vitest'
import { requireRole, requireRoleFor } from '../../src-main/api/require-role.ts'
import { highestRole, includesRole, roles } from '../../src-main/domain/role.ts'
import { role } from '../../src-preload/contract/role.ts'
import { neededRole, neededRoles } from '../../src-preload/contract/roles.ts'
import { procedurePaths } from '../support/procedures.ts'

describe('the table of roles', () => {
  test('names one for every call of the contract, and no other call', () => {
    const named = Object.entries(neededRoles).flatMap(([area, calls]) =>
      Object.keys(calls).map((name) => `${area}.${name}`),
    )
    expect(named.toSorted()).toEqual(
      procedurePaths()
        .map((path) => path.join('.'))
        .toSorted(),
    )
  })

  test('knows the roles that the engine knows, the least first', () => {
    expect(role.options).toEqual([...roles])
  })

  test('has no role for what is no call: that is for nobody', () => {
    const strange = [
      [],
      ['jobs'],
      ['jobs', 'run', 'more'],
      ['jobs', 'toString'],
      ['constructor', 'name'],
      ['__proto__', 'run'],
    ]
    for (const path of strange) expect(neededRole(path)).toBeNull()
    expect(() => requireRoleFor(['jobs', 'none'], { operator: 'ann', role: 'administrator' })).toThrow(
      'names no role',
    )
  })

  test('lets a viewer look, and nothing else: whatever sends, decides, unmasks or configures needs more', () => {
    const forViewers = procedurePaths().filter((path) => neededRole(path) === 'viewer')
    const acts =
      /^(run|pause|cancel|continue|settle|resolve|undo|resend|redrive|discard|restore|save|remove|enable|disable|configure|unlock|lock|add|assign|approve|unmask|ask|decide|confirm|retry|import|export|look|acknowledge|revoke|accept|start|repair|test)/i
    expect(forViewers.map(([, name]) => name).filter((name) => acts.test(name))).toEqual([])
  })
})

test('each role may what those before it may', () => {
  for (const [at, has] of roles.entries())
    for (const [from, needed] of roles.entries()) expect(includesRole(has, needed)).toBe(at >= from)
  expect(highestRole(['operator', 'viewer'])).toBe('operator')
  expect(highestRole([])).toBeNull()
})

test('a refusal says which role one has and which it needs', () => {
  expect(() => requireRole('approver', { operator: 'ann', role: 'viewer' })).toThrow(
    expect.objectContaining({
      code: 'role-forbids',
      detail: expect.objectContaining({ role: expect.objectContaining({ text: 'a viewer' }) }),
    }),
  )
})
