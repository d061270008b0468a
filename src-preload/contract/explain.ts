import type { ErrorCode, ErrorData } from './errors.ts'
import { brokerSentences } from './explain-brokers.ts'
import { alertSentences } from './explain-alerts.ts'
import { callbackSentences } from './explain-callback.ts'
import { evidenceSentences } from './explain-evidence.ts'
import { deadLetterSentences } from './explain-dead-letters.ts'
import { halfMessageSentences } from './explain-half-messages.ts'
import { guardSentences } from './explain-guard.ts'
import { jobSentences } from './explain-jobs.ts'
import { mappingSentences } from './explain-mapping.ts'
import { inertLines } from './inert-text.ts'
import { inEnglish } from './text.ts'
import type { Words } from './text.ts'
import { nothingSent } from './sentences.ts'
import type { Sentences } from './sentences.ts'

export const englishSentences: Readonly<Record<ErrorCode, Sentences>> = {
  'auth-failed': {
    what: '{server} refused the user "{user}".',
    means: 'Redrive is not connected. ' + nothingSent,
    next: 'Check the user name and the password of this connection, then test it again.',
  },
  'host-unreachable': {
    what: '{server} does not answer.',
    means: 'Redrive is not connected. ' + nothingSent,
    next: 'Check host and port, the VPN or tunnel, and that the server runs.',
  },
  'database-unknown': {
    what: 'The server has no database "{database}".',
    means: nothingSent,
    next: 'Correct the database name of this connection.',
  },
  'vhost-unknown': {
    what: 'The broker has no virtual host "{vhost}", or this user may not open it.',
    means: nothingSent,
    next: 'Correct the virtual host, or have the user given access to it.',
  },
  'tls-failed': {
    what: 'The encrypted connection to {server} could not be made: {reason}.',
    means: nothingSent,
    next: 'Check the TLS mode, the CA file and the server name of this connection.',
  },
  'too-many-connections': {
    what: '{server} takes no more connections.',
    means: nothingSent,
    next: 'Wait a moment, or free connections on the server; Redrive needs at most a few.',
  },
  'connection-lost': {
    what: 'The connection to {server} broke.',
    means: 'Reading stopped here. A change that was under way is checked before it is repeated.',
    next: 'Redrive connects again by itself. Look at the job before acting again.',
  },
  'permission-denied': {
    what: 'The user may not do this: {reason}.',
    means: nothingSent,
    next: 'Have the missing privilege granted. A source needs SELECT to look and UPDATE to act.',
  },
  'source-is-standby': {
    what: 'This source is a standby: it can be read but not written.',
    means: nothingSent,
    next: 'Connect to the primary to resend or resolve.',
  },
  'replica-not-usable': {
    what: 'The replica could not be read for this audit: {reason}.',
    means: 'Nothing is said about the chains, and the mark of what was verified stays where it was.',
    next: 'Wait until the replica has caught up, or audit with the source as the fallback.',
  },
  'secret-missing': {
    what: 'There is no password for {name}: {reason}.',
    means: 'Redrive is not connected. ' + nothingSent,
    next: 'Set the environment variable, or enter the password on the connections page.',
  },
  'secret-command-failed': {
    what: 'The command {program}, which prints the password of {name}, {reason}.',
    means:
      'Redrive is not connected. What the command wrote is not shown, because it may hold the password. ' +
      nothingSent,
    next: 'Run the command in a terminal, as the same user, and see what it says. It must print the password in its first line.',
  },
  'secrets-locked': {
    what: 'The encrypted file {path} cannot be opened: nobody gave its passphrase.',
    means: 'Redrive has none of the passwords in it. ' + nothingSent,
    next: 'Set REDRIVE_SECRETS_PASSPHRASE, REDRIVE_SECRETS_PASSPHRASE_FILE or REDRIVE_SECRETS_IDENTITY, or start Redrive at a terminal.',
  },
  'secrets-passphrase-wrong': {
    what: 'The passphrase or identity that was given does not open {path}.',
    means: 'Redrive has none of the passwords in it; the file is as it was. ' + nothingSent,
    next: 'Give the passphrase that the file was made with. Where it is lost, delete the file and set the secrets anew.',
  },
  'secrets-file-damaged': {
    what: 'The encrypted file {path} is damaged: {problem}.',
    means: 'Nothing was read from it, and Redrive does not write over it. ' + nothingSent,
    next: 'Put a copy of the file back, or move it away and set the secrets anew.',
  },
  'table-missing': {
    what: 'There is no table {table} that this user can see.',
    means: nothingSent,
    next: "Check schema and table name, and the user's rights on the schema.",
  },
  'table-without-key': {
    what: 'The table {table} has no primary key.',
    means: 'A row could not be told from its copies, so Redrive will not work on it.',
    next: 'Add a primary key, or choose another table.',
  },
  'column-missing': {
    what: 'The table lacks columns that its profile needs: {columns}.',
    means: 'Redrive cannot read this table with this profile. ' + nothingSent,
    next: 'Choose the right table or profile, or add the columns.',
  },
  'no-profile-matches': {
    what: 'No known profile fits this table. The nearest, {profile}, misses: {columns}.',
    means: 'Redrive does not guess what the columns mean. ' + nothingSent,
    next: 'Say what its columns mean, under "Mapping…" of the source in Connections, or choose another table.',
  },
  'mapping-invalid': {
    what: 'The mapping is not valid, {at}: {problem}.',
    means: 'Redrive does not know how to read this table. ' + nothingSent,
    next: 'Correct the mapping at this place; resources/mapping.schema.json says what it may hold.',
  },
  'mapping-drifted': {
    what: 'The table is no longer as its mapping says: {problem}.',
    means: 'What is shown may be wrong, so nothing can be changed here. ' + nothingSent,
    next: 'Compare the table with the mapping, correct the mapping, and connect again.',
  },
  'action-refused': {
    what: 'This outbox does not allow {action}: {reason}.',
    means: nothingSent,
    next: '{instead}',
  },
  'query-timeout': {
    what: 'The database did not answer in time.',
    means: 'This does not mean that there are no messages. ' + nothingSent,
    next: 'Narrow the filter, or add the index that the connections page recommends.',
  },
  'source-busy': {
    what: 'There was no turn at the database in time: everything else that this Redrive asks of it comes first.',
    means: 'The source has a limit of connections and statements, and they are all in use. ' + nothingSent,
    next: 'Try again when jobs, sweeps or an audit of this source are through, or raise "load" of the source in the workspace file.',
  },
  'query-failed': {
    what: 'The database refused a statement: {reason}.',
    means: nothingSent,
    next: 'Test the connection; if the table was changed lately, check its columns.',
  },
  'message-not-found': {
    what: 'There is no message with id {id}.',
    means: 'It may have been removed since it was shown.',
    next: 'Refresh the list.',
  },
  'row-changed': {
    what: 'The row was changed by somebody else since it was shown.',
    means: 'Redrive left it as it is.',
    next: 'Look at it again and decide anew.',
  },
  'state-forbids': {
    what: 'A message in the state {state} cannot be resent or resolved.',
    means: 'It was left as it is.',
    next: 'Choose messages that are pending, in flight or failed.',
  },
  'payload-not-json': {
    what: 'The payload is not JSON, though the mapping says so.',
    means: 'It was left out; nothing was sent for it.',
    next: 'Have the row corrected by the service that owns it.',
  },
  'headers-not-json': {
    what: 'The headers are not one JSON object that can be carried exactly.',
    means: 'It was left out; nothing was sent for it.',
    next: 'Have the headers of the row corrected: they must be one JSON object.',
  },
  'outcome-unsettled': {
    what: 'An earlier publish of this message has an unknown outcome.',
    means:
      'It may have reached the broker already. Sending it again could deliver it twice, so it was left out.',
    next: 'Settle the outcome in its job first.',
  },
  ...alertSentences,
  ...callbackSentences,
  ...evidenceSentences,
  ...halfMessageSentences,
  'exchange-missing': {
    what: 'The exchange does not exist.',
    means: 'Nothing was sent to it.',
    next: 'Declare the exchange, or have the destination of the row corrected, then resend.',
  },
  'topic-missing': {
    what: 'There is no such topic: {reason}.',
    means: 'Nothing was sent to it, and it was not made.',
    next: 'Make the topic, or have the destination of the row corrected, then resend.',
  },
  'partition-missing': {
    what: 'The topic has no such partition: {reason}.',
    means: 'Nothing was sent.',
    next: 'Have the partition of the row corrected, or add partitions to the topic, then resend.',
  },
  unroutable: {
    what: 'The broker returned the message: no queue is bound for this routing key.',
    means: 'No queue holds it. The row says failed, with the reason.',
    next: 'Bind a queue for exchange and routing key, then resend.',
  },
  'broker-refused': {
    what: 'The broker refused the message: {reason}.',
    means: 'It was not accepted. Where one exchange feeds several queues, others may hold it.',
    next: 'Look at the queue (is it full?), then resend.',
  },
  'broker-blocked': {
    what: 'The broker takes no publishes now: {reason}.',
    means: nothingSent,
    next: 'Free memory or disk on the broker; then continue the job.',
  },
  'broker-failed': {
    what: 'The broker reported an error: {reason}.',
    means: 'Messages without an answer are shown as unknown.',
    next: 'Look at the broker, settle unknown outcomes, then continue.',
  },
  'confirm-timeout': {
    what: 'The broker did not confirm in time.',
    means: 'The message may or may not be in the queue. Its outcome is unknown.',
    next: 'Look into the queue or at the consumer, then settle the outcome.',
  },
  'channel-closed': {
    what: 'The connection to the broker broke before it answered.',
    means: 'The message may or may not be in the queue. Its outcome is unknown.',
    next: 'Look into the queue or at the consumer, then settle the outcome.',
  },
  'message-too-large': {
    what: 'The message is larger than the broker takes: {reason}.',
    means: 'It was not sent.',
    next: "Raise the broker's limit, or have the payload shortened by its service.",
  },
  ...jobSentences,
  ...guardSentences,
  ...mappingSentences,
  ...deadLetterSentences,
  ...brokerSentences,
  'workspace-invalid': {
    what: 'The workspace is not valid at {at}: {problem}.',
    means: 'No connection was opened.',
    next: 'Correct the connection or the workspace file; resources/workspace.schema.json describes it.',
  },
  'source-unknown': {
    what: 'There is no source "{source}" in the workspace.',
    means: nothingSent,
    next: 'Use one of: {known}.',
  },
  'broker-unknown': {
    what: 'The broker "{broker}" is not in the workspace.',
    means: nothingSent,
    next: 'Say in "deliver" which broker this source delivers to, and define it under "brokers".',
  },
  'name-in-use': {
    what: 'The name "{name}" is in use.',
    means: 'Nothing was saved or removed.',
    next: 'Choose another name, or change what uses it first.',
  },
  'store-failed': {
    what: 'The store {path} cannot be used: {problem}.',
    means: 'Nothing is sent while nothing can be written down. What was written down before is kept.',
    next: 'Check disk space and rights of that folder, or that the database of a shared store answers. A job goes on where it stopped once that is put right.',
  },
  'store-undecided': {
    what: 'The shared store {path} was lost while it was writing, and whether it wrote could not be found out: {problem}.',
    means: 'Nothing is sent any more. What was under way may be written down or not.',
    next: 'When the database answers again, start Redrive and look at the job and at the journal before you repeat anything.',
  },
  'store-in-use': {
    what: 'Another process has the store {path} open.',
    means: 'Nothing was changed: what it writes down would be lost.',
    next: 'Close the console, and end "redrive serve", agents and schedules on this store; then try again.',
  },
  'backup-damaged': {
    what: 'The backup {path} cannot be used: {problem}.',
    means: 'Nothing was changed.',
    next: 'Use another copy of it. Where it is of another installation, name the public key of that one.',
  },
  'store-newer': {
    what: 'The store {path} was written by a newer Redrive.',
    means: 'It can be looked at where it is a local one; nothing is written into it, so nothing is sent.',
    next: 'Start that newer version.',
  },
  'store-read-only': {
    what: 'The local store {path} can be read only: {problem}.',
    means: 'Everything can be looked at; nothing is sent while nothing can be written down.',
    next: 'Put that right, then start Redrive again: it goes on where it stopped.',
  },
  'clock-went-back': {
    what: 'The clock of this machine went back: {problem}.',
    means:
      'Nothing is sent or written down until the clock is right: the journal would no longer tell what came first.',
    next: 'Set the clock. If it is right now and was wrong before: redrive journal accept-clock --reason TEXT.',
  },
  'journal-broken': {
    what: 'The journal was changed outside Redrive.',
    means: 'What it says can no longer be trusted from entry {brokenAt} on.',
    next: 'Keep a copy of the store, and compare it with your last export.',
  },
  usage: {
    what: '{problem}',
    means: nothingSent,
    next: 'See "redrive --help".',
  },
  cancelled: {
    what: 'It was cancelled.',
    means: 'What had not begun was not done.',
    next: 'Start it again when you are ready.',
  },
  internal: {
    what: 'Redrive failed inside: {reason}.',
    means: 'What was under way is written down; look at the jobs before acting again.',
    next: 'Start Redrive again. If it happens twice, report it with the log.',
  },
}

/**
 * Fills the sentences; a value that the detail lacks leaves a question mark, never a raw brace. `say`: how a text of the
 * engine among the values is said.
 */
export function fillSentences(
  sentences: Sentences,
  detail: ErrorData['detail'],
  say: (value: Words | number, name: string) => string = inEnglish,
): Sentences {
  const fill = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, key: string) => inertLines(say(detail[key] ?? '?', key)))
  return { what: fill(sentences.what), means: fill(sentences.means), next: fill(sentences.next) }
}

/** English sentences of an error, as the cli prints them. */
export function explain(code: ErrorCode, detail: ErrorData['detail']): Sentences {
  return fillSentences(englishSentences[code], detail)
}
