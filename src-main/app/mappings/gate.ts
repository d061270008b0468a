import { confirmationDigest } from '../../domain/mapping/confirmation.ts'
import type { Confirmable } from '../../domain/mapping/confirmation.ts'
import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { Outbox } from '../../ports/outbox.ts'
import type { EnginePorts } from '../engine-ports.ts'

type GatePorts = Pick<EnginePorts, 'mapping'>

/** Null: nobody has to confirm it, it is Redrive's own layout. */
export function digestToConfirm(ports: GatePorts, outbox: Outbox, url: string): string | null {
  const { mapping, shape } = outbox
  return ports.mapping.layouts.isOwn(mapping) ? null : confirmationDigest({ mapping, shape, url })
}

/** Throws RedriveError `mapping-unconfirmed`. `action` null: any. */
export async function requireConfirmed(
  ports: GatePorts,
  { source, digest }: { readonly source: string; readonly digest: string },
  action: Confirmable | null,
): Promise<void> {
  const { confirmations } = ports.mapping
  const confirmation = await confirmations.confirmed(source, digest)
  if (confirmation === null) {
    const before = await confirmations.latest(source)
    const reason = before === null ? say('unconfirmed.new') : say('unconfirmed.changed')
    throw new RedriveError('mapping-unconfirmed', 'never', { source, digest, reason })
  }
  if (action === null || confirmation.actions.includes(action)) return
  const reason = say('unconfirmed.not-shown', { action })
  throw new RedriveError('mapping-unconfirmed', 'never', { source, digest, reason })
}

/**
 * The outbox with nothing to write but what was confirmed: whoever holds it cannot go around. Asked at each write,
 * because another process may confirm meanwhile. A mark only ends what a claim began, and is never held back.
 */
export function gated(ports: GatePorts, source: string, outbox: Outbox, url: string): Outbox {
  const digest = digestToConfirm(ports, outbox, url)
  if (digest === null) return outbox
  const after = async <T>(action: Confirmable | null, write: () => Promise<T>): Promise<T> => {
    await requireConfirmed(ports, { source, digest }, action)
    return write()
  }
  return {
    ...outbox,
    claim: (requests, token, signal) => after('resend', () => outbox.claim(requests, token, signal)),
    claimDue: (request, token, signal) => after('resend', () => outbox.claimDue(request, token, signal)),
    expire: (requests, signal) => after('resend', () => outbox.expire(requests, signal)),
    retry: (requests, signal) => after('retry', () => outbox.retry(requests, signal)),
    decide: (action, requests, signal) => after(null, () => outbox.decide(action, requests, signal)),
    resolve: (requests, signal) => after('resolve', () => outbox.resolve(requests, signal)),
    undo: (requests, signal) => after('resolve', () => outbox.undo(requests, signal)),
  }
}
