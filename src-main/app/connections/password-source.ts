import type { SecretRef } from '../../domain/access.ts'
import type { PasswordSource } from '../../ports/drivers.ts'
import type { Secrets } from '../../ports/surroundings.ts'

/** The password at a reference, asked for at each log-in; null where nothing is referred to. */
export function passwordSource(
  secrets: Secrets,
  name: string,
  ref: SecretRef | null | undefined,
): PasswordSource {
  if (ref === null || ref === undefined) return () => Promise.resolve(null)
  const resolve: PasswordSource = () => secrets.resolve(name, ref)
  return Object.assign(resolve, { renew: () => secrets.renew?.(name, ref) ?? false })
}
