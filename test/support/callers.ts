import type { CallContext } from '../../src-main/api/implementer.ts'
import type { Role } from '../../src-main/domain/role.ts'

/** Options of a client inside this process: whose calls they are. */
export function calling(
  operator = 'tester',
  role: Role = 'administrator',
): { readonly context: CallContext } {
  return { context: { caller: { operator, role } } }
}
