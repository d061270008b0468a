import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { Message, MessageState } from '../../domain/message.ts'
import type { HandBackRisk } from '../../ports/hand-back.ts'

const USUALLY_TAKEN: readonly MessageState[] = ['pending', 'retrying', 'scheduled']

/** What speaks against a row as it would be. */
export function risksOf(
  { relay }: Mapping,
  message: Message,
  { purged, waits }: { readonly purged: boolean; readonly waits: boolean },
): readonly HandBackRisk[] {
  const { attempts, attemptsMax, state } = message
  return [
    ...(attempts !== null && attemptsMax !== null && attempts >= attemptsMax
      ? (['fails-again'] as const)
      : []),
    ...(purged ? (['purged'] as const) : []),
    ...((relay.takes ?? USUALLY_TAKEN).includes(state) ? [] : (['not-picked-up'] as const)),
    ...(waits ? (['waits'] as const) : []),
  ]
}
