import type { CallbackConfig, CallbackListening } from '../../domain/callback/config.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { ServiceCall } from '../../domain/service-call.ts'
import type { Connections } from '../connections/connections.ts'

/** Second confirmation of a source. Throws `callback-not-configured` where nobody waits for one. */
export async function callbackOf(connections: Connections, source: string): Promise<CallbackConfig> {
  const { callback } = await connections.source(source)
  return callback ?? missing(source, 'callback')
}

/** Throws `callback-not-configured` where the callback has no queue or topic to listen to. */
export function listeningOf(source: string, { listen }: CallbackConfig): CallbackListening {
  return listen ?? missing(source, 'callback.listen')
}

/** Throws `callback-not-configured` where it is not said how the sender is asked. */
export function resendOf(source: string, { resend }: CallbackConfig): ServiceCall {
  return resend ?? missing(source, 'callback.resend')
}

function missing(source: string, part: string): never {
  throw new RedriveError('callback-not-configured', 'never', { source, part })
}
