import { neededRole } from '../../src-preload/contract/roles.ts'
import { RedriveError } from '../domain/errors.ts'
import { includesRole } from '../domain/role.ts'
import type { Caller, Role } from '../domain/role.ts'
import { say } from '../domain/text.ts'

/** Answers with the role that the call needs, or throws `role-forbids`; what no table names is for nobody. */
export function requireRoleFor(path: readonly string[], caller: Caller): Role {
  const needed = neededRole(path)
  if (needed === null) throw new Error(`the contract names no role for ${path.join('.')}`)
  requireRole(needed, caller)
  return needed
}

export function sessionOver({ operator }: Caller): RedriveError {
  return new RedriveError('session-over', 'never', { operator })
}

/** Throws `role-forbids`. */
export function requireRole(needed: Role, { operator, role }: Caller): void {
  if (includesRole(role, needed)) return
  const detail = { operator, role: say(`role.${role}`), needed: say(`role.${needed}`) }
  throw new RedriveError('role-forbids', 'never', detail)
}
