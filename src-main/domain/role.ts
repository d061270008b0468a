/** What an operator may do; each role may all that those before it may. The contract says which one a call needs. */
export const roles = ['viewer', 'operator', 'approver', 'administrator'] as const
export type Role = (typeof roles)[number]

/** Who makes a call. */
export interface Caller {
  /** As the journal names them. */
  readonly operator: string
  readonly role: Role
}

export function includesRole(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed)
}

/** The most of several; null: there is none. */
export function highestRole(given: readonly Role[]): Role | null {
  return roles.toReversed().find((role) => given.includes(role)) ?? null
}
