import { usageError } from '../../common/failure.ts'
import type { CommandContext } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'

/** `audit --fingerprints`: one finding a line, exit codes as those of an audit. */
export async function auditEvents(
  { args, engine, output, signal }: CommandContext,
  source: string,
): Promise<ExitCode> {
  if (args.list('chain').length > 0 || args.flag('new')) {
    throw usageError('--fingerprints goes with --since only: an event may be in two chains.')
  }
  const client = await engine()
  const { messages, verdict, events, windowSec } = await client.audits.events(
    { source, since: args.text('since') },
    { signal },
  )
  for (const { first, again, apartMs, says } of events) {
    output.record({
      ...{ type: 'finding', kind: 'same-event', id: again.id, messageId: again.messageId },
      ...{ firstId: first.id, firstMessageId: first.messageId, apartMs },
    })
    output.line(says)
  }
  if (verdict === 'incomplete') output.remark('There are more equal messages than were compared.')
  output.line(
    `${verdict}: ${messages} messages, ${events.length} tell an event once more within ${windowSec} seconds`,
  )
  output.record({ type: 'summary', verdict, messages, findings: events.length })
  if (verdict === 'intact') return EXIT.done
  return verdict === 'broken' ? EXIT.attention : EXIT.failed
}
