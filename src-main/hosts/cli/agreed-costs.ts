import type { QueueFacts } from '../../../src-preload/contract/dead-letters.ts'
import { RedriveError } from '../../domain/errors.ts'
import { usageError } from '../common/failure.ts'
import type { OptionSpecs } from './arguments.ts'
import type { CommandContext, EngineClient } from './command.ts'

export const readOption: OptionSpecs[string] = {
  kind: 'flag',
  help: 'read messages, and take the cost of it for the queue, which is printed without; a topic costs nothing',
}

/** What reading a queue costs. Says it and stops there, unless --read says that it is known. */
export async function agreedCosts(
  { args, output, signal }: Pick<CommandContext, 'args' | 'output' | 'signal'>,
  client: EngineClient,
  { broker, queue }: { readonly broker: string; readonly queue: string },
): Promise<QueueFacts['costs']> {
  const found = await client.deadLetters.queue({ broker, queue }, { signal })
  if (found.error !== null) throw new RedriveError(found.error.code, found.error.retry, found.error.detail)
  const { facts } = found
  if (facts === null) throw new RedriveError('queue-missing', 'never', { queue })
  if (facts.refusal === null && facts.costs.length > 0 && !args.flag('read')) {
    const kind = facts.type ?? 'unknown type'
    output.record({ type: 'cost', broker, queue, facts })
    throw usageError(
      `${queue} (${kind}, ${facts.messages} messages, ${facts.consumers ?? '?'} consumers): reading costs ${facts.costs.join(', ')}. Say --read to do it.`,
    )
  }
  return facts.costs
}
