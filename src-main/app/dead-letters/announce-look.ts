import { placeName } from '../../domain/dead-letter/place.ts'
import type { DeadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import type { LookCost, QueueFacts } from '../../ports/dead-letters.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface LookRequest extends DeadLetterPlace {
  /** Messages to read at most. */
  readonly limit: number
  /** What the operator was told that it costs: where it costs more by now, nothing is read. */
  readonly costs: readonly LookCost[]
}

/**
 * Writes down that a queue or topic is about to be read; answers with the id of the look. Throws `look-refused` where a
 * message could be lost by it, or where it costs what was not agreed to.
 */
export async function announceLook(
  { ids, journal, operator }: EnginePorts,
  facts: QueueFacts,
  { broker, queue, limit, costs }: LookRequest,
): Promise<string> {
  const refusal = facts.refusal ?? facts.costs.find((cost) => !costs.includes(cost))
  if (refusal !== undefined) throw new RedriveError('look-refused', 'never', { queue, refusal })
  const look = ids.next('look')
  const detail = { queue, messages: facts.messages, limit, costs: [...facts.costs] }
  const source = placeName({ broker, queue })
  await journal.append({ action: 'dead-letters-looked', operator: operator(), source, subject: look, detail })
  return look
}
