import { dedupeTexts } from './english-texts-dedupe.ts'
import { guardTexts } from './english-texts-guard.ts'
import { secretTexts } from './english-texts-secrets.ts'

/**
 * Texts that the engine itself makes about mappings: refusals with their remedies, faults, guesses with their evidence.
 * A code is for good; `{name}` stands for a value. The renderer has the same codes in its other languages, and a test
 * holds both to the same codes and the same values.
 */
export const englishTexts = {
  ...dedupeTexts,
  ...guardTexts,
  ...secretTexts,
  // Why the layout does not allow an action, and what to do instead.
  'refused.no-claim':
    'the layout has no column in which Redrive could leave its claim, so another process may send it at the same time',
  'refused.several-messages': 'one row holds several messages, and some of them may have been delivered',
  'refused.resolve-unsaid': 'the mapping does not say how this layout marks a message that needs no delivery',
  'refused.retry-unsaid': 'the mapping does not say how a row is handed back to its relay',
  'refused.no-half-messages': 'the mapping does not say how a decision about a half message is written',
  'refused.cdc': 'the relay reads inserts from the log of the database and never sees a changed row',
  'refused.in-process': 'nothing polls this table; the application sends from its own memory',
  'refused.redelivery': 'the row goes out only when the broker delivers the incoming message again',
  'refused.external-api': 'another server owns the state of this row',
  'refused.no-relay': 'no relay reads this table',
  'refused.no-order':
    'a sweep takes rows in the order of their key, which has to be one column of whole numbers',
  'refused.queue-sweep': 'a queue has no rows that are due',
  'refused.look-for-records': 'copies are looked for in queues of RabbitMQ only',
  'refused.look-for-rows': 'only what was redriven from a queue of dead letters is looked for in a queue',
  'refused.queue-consumed':
    'queue {queue} has {consumers} consumers: what is not there may have been consumed',
  'refused.view': '{table} is a view, where nothing can be taken back',
  'refused.engine': '{table} is a table of the engine {engine}, where nothing can be taken back',
  'instead.retry': 'Use retry: the services’ own relay sends the message.',
  'instead.retry-rest': 'Use retry: the services’ own relay knows how to send the rest.',
  'instead.complete-resolve': 'Complete "resolve" in the mapping.',
  'instead.complete-retry': 'Complete "retry" in the mapping.',
  'instead.complete-half-messages':
    'Complete "halfMessages" in the mapping, where the layout has half messages.',
  'instead.copy': 'Insert a copy of the row; where consumers tell duplicates by the message id, keep it.',
  'instead.restart': 'Restart the application, or call its own interface for resubmission.',
  'instead.redeliver': 'Have the incoming message redelivered.',
  'instead.other-server': 'Use that server’s own interface.',
  'instead.nothing': 'Nothing has to be sent from here.',
  'instead.corrected': 'Have the producer store a corrected message.',
  'instead.by-hand': 'Resend by hand, or retry: the services’ own relay sends the message.',
  'instead.base-table': 'Name the table that the view shows.',
  'fact.sqlite-wal': 'Write-ahead log: looking never holds up the service.',
  'fact.sqlite-journal':
    'Journal mode {mode}: while the service writes, looking waits, and the other way round.',
  'fault.not-in-redis': '{what} cannot be said of a message in Redis: only its own fields can',
  'refused.redis-chain':
    'messages in Redis are looked at one by one, and no order within a chain could be promised',
  'instead.order-none':
    'Sweep with order none where the consumers can take it, or resend a chain from a plan.',
  'fact.redis-log': 'Append-only file: {log}; snapshots: {save}.',
  'fact.redis-replicas': 'Replicas: {count}; of these {min} have to be there for a write.',
  'fact.redis-memory': 'Where memory is full: {policy}.',
  'warning.redis-unknown':
    'The server does not tell how it keeps its data: a crash may lose staged messages.',
  'warning.redis-nothing': 'Nothing is kept on disk: a crash of the server loses every staged message.',
  'warning.redis-snapshots':
    'No append-only file: a crash loses what was staged since the last snapshot ({save}).',
  'warning.redis-fsync':
    'The append-only file is synced {mode}, not always: a crash of the machine loses what was staged last.',
  'warning.redis-failover':
    'A replica may be behind when it takes over (min-replicas-to-write is 0): a failover loses what was staged last.',
  'warning.redis-eviction':
    'With {policy} the server drops keys when memory is full, staged messages among them.',
  'instead.innodb': 'Change the row by the service itself, or move the table to InnoDB.',
  'instead.redrive': 'Redrive its dead letters by a plan.',
  'instead.read-topic': 'Look into the topic for the message ids, or settle by hand.',
  'instead.settle-by-evidence': 'Settle by evidence, or by hand.',
  'instead.stop-consumers':
    'Look without saying that the queue is untouched: what is found is settled, the rest stays undecided.',

  // Why a mapping cannot be confirmed.
  'unsafe.no-row': 'there is no row on which it could be shown',
  'unsafe.no-row.instead':
    'Confirm it when the table has rows, or check that the mapping names the right table.',
  'unsafe.fails-again':
    'after {action}, row {row}: its attempts stay used up, so its relay gives it up again at once',
  'unsafe.fails-again.instead': 'Have "retry" in the mapping set the attempts back too.',
  'unsafe.purged':
    'after {action}, row {row}: its time to be purged is reached, so it is removed and never sent',
  'unsafe.purged.instead': 'Have "retry" in the mapping set the time of the purge too.',
  'unsafe.not-picked-up':
    'after {action}, row {row}: it is in no state that its relay picks up, so it is never sent',
  'unsafe.not-picked-up.instead':
    'Have "retry" in the mapping set everything that the relay asks for: status, flags, lease.',
  'unsafe.waits':
    'after {action}, row {row}: its next attempt lies in the future, so it stays where it is until then, or for ever',
  'unsafe.waits.instead': 'Have "retry" in the mapping set the next attempt to a moment that is past.',
  'unconfirmed.new': 'its mapping is a new one for this source',
  'unconfirmed.changed': 'the mapping, the table or the address is not the one that was confirmed',
  'unconfirmed.not-shown': 'when it was confirmed there was no row on which {action} could be shown',

  // What is wrong with a mapping.
  'fault.no-companion': 'there is no companion "{name}"',
  'fault.no-setting': 'there is no setting "{name}"',
  'fault.key-written': 'the key column "{column}" is never written',
  'fault.bound': 'the {value} is not known in this action',
  'fault.never': 'the column "{column}" is one that is never touched',
  'fault.sets-nothing': 'an update that sets nothing',
  'fault.delete-sets': 'a row that is deleted has nothing to set',
  'fault.copy-resolves': 'a copy does not resolve a message',
  'fault.no-state': 'no state is named',
  'fault.half-removed': 'a commit makes a message sendable, it does not remove it',
  'fault.half-stateless': 'no rule gives the state waiting-confirm, which half messages are in',
  'fault.evidence': 'either a companion, or where else it is',
  'fault.zone-missing': 'a local time needs its zone, for example Asia/Shanghai',
  'fault.zone-useless': 'a time of the form {form} has no zone',
  'fault.resend-payload': 'the mapping does not name a payload, which a resend needs',
  'fault.resend-destination': 'the mapping does not name a destination, which a resend needs',
  'fault.resend-attempts': 'the mapping does not name attempts, which a resend needs',
  'fault.resend-created': 'the mapping does not name the time of creation, which a resend needs',
  'fault.resend-encoding': 'only a payload of json or text can be sent as it is',
  'fault.nothing-compared': 'nothing is compared',
  'fault.seconds': 'a number of seconds is none',
  'fault.unzoned': '{type} has no time zone: say "local" with its zone, or "utc"',
  'fault.no-time': '{type} is no time: say how it is written (epoch-s, epoch-ms, iso, …)',
  'fault.zone-unknown':
    'the server does not know the time zone {zone}: fill its table of zones (mysql_tzinfo_to_sql), or say the zone as an offset, +02:00, where it has no summer time',
  'fault.tables-order': 'several tables without a key cannot be put in one order',
  'fault.tables-alike': 'two tables of one name',
  'fault.computed': 'the server computes "{column}", nobody can write it',
  'fault.no-mapping': 'no mapping',
  'fault.not-json': 'not valid JSON',
  // Why a masked payload stays where it is.
  'masked.edited': 'the text to send holds a mask in the place of a value',
  'masked.plan-file': 'the file of this plan would hold the edited payloads in clear',
  'fault.type': 'expected {expected}, received {received}',
  'fault.missing': 'expected {expected}, and it is missing',
  'fault.unknown-key': 'unknown: {names}',
  'fault.values': 'expected one of {values}',
  'fault.form': 'it has none of the forms that can stand here',
  'fault.too-few': 'at least {limit}',
  'fault.too-many': 'at most {limit}',
  'fault.column-name': 'this is no name of a column',
  'fault.as-many': 'as many values as columns',
  'fault.iana': 'an IANA name: Asia/Shanghai',
  'fault.many-columns': 'too many columns',
  'fault.other': '{problem}',

  // What is no longer as it was when the mapping was fitted to the table.
  'drift.gone': '{table} is gone',
  'drift.column': '{table} has no column {column} any more',
  'drift.type': '{table}.{column} is {type} instead of {was}',
  'drift.key': '{table} has no key any more',
  'drift.and': '{one}; {more}',

  // What a plan of a statement warns of.
  'plan.walked': 'no index serves it: the table is walked along its key, in slices',
  'plan.scanned': 'no index serves it: all of {table} is read',
  'plan.none': 'the server makes no plan: {reason}',

  // Why a known layout fits, or not.
  'fits.columns': '{found} of {all} columns are there, among them {names}',
  'fits.missing': 'missing: {names}',
  'fits.type': '{column} is {type}, not {wanted}',
  'fits.no-key': 'no unique key on the columns that identify a row',
  'fits.no-table': 'no table beside it for "{name}"',
  'fits.look-only': 'this layout is only to be looked at',
  'fits.rivals': 'just as well: {names}; which one it is, the table does not tell',
  'fits.guess': '{at}: {says} ({percent} %: {evidence})',

  // What a proposed mapping says.
  'says.as': '{column} as {form}',
  'says.deleted': '{column} means deleted',
  'says.dead': '{column} means dead',
  'says.no-key': 'none',
  'says.the-key': 'the key',
  'says.from': '{column}, from {start}',
  'says.is-set': '{column} is set',
  'says.sets': 'sets {columns}',
  'says.code': '{column} = {code} is {state} (sampled: {rows})',
  'says.code-untold': '{column} = {code} is not known (sampled: {rows})',
  'says.limit': '{column} at or above {limit} is failed',
  'says.sent-once': 'sent once {column} is set',
  'says.of': '{column} of {table}',
  'says.rows-of': 'rows of {table}',

  // Why it says so.
  'because.name': 'the name',
  'because.name-and': 'the name; {more}',
  'because.names': 'the names',
  'because.untold': 'the table does not tell',
  'because.unique': 'its unique index',
  'because.not-unique': 'no unique index over all rows',
  'because.no-better': 'no better column',
  'because.begins': 'how its values begin',
  'because.type': 'its type',
  'because.type-is': 'its type is {type}',
  'because.no-zone': 'its type is {type}, which says no zone: UTC is only a guess',
  'because.values': 'its values are {yes} and {no}',
  'because.least': 'the least in the sample',
  'because.untried': 'what rows before their first attempt hold',
  'because.comment': 'the comment of the column says so',
  'because.word': 'the word "{code}"',
  'because.nothing': 'nothing in its rows tells what it means',
  'because.share': '{percent} % of its rows have {column}',
  'because.errors': '{percent} % of its rows have {column}, after {attempts} attempts',
  'because.untouched': 'none of its rows has {column}, an error or an attempt',
  'because.no-status': 'the name, and no column of a status',
  'because.reference': '{table} has the key {key}, which this table names {column}',
  'because.tries': '{table} holds the key of this table, errors, and many rows for one',
  'because.iso': 'its texts are ISO times',
  'because.size': 'its values are of that size',
} as const
