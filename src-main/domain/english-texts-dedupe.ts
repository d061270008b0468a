/** What is found when a receiver's inbox is checked: what is so, what it means for the messages, what to do. */
export const dedupeTexts = {
  'span.seconds': '{n} s',
  'span.minutes': '{n} min',
  'span.hours': '{n} h',
  'span.days': '{n} days',

  'dedupe.not-mapped':
    'This source does not say where its receiver writes down what it has consumed: nobody can tell what a second delivery does. Map its evidence.',
  'dedupe.unreachable':
    'The receiver’s table could not be asked ({problem}): nobody can tell what a second delivery does. Check its connection, then check again.',
  'dedupe.view':
    '{table} is a view or a foreign table, which shows no indexes: whether the second row of a message is refused is not known. Name the table itself as evidence.',
  'dedupe.condition':
    'The mapping joins a proof in {table} to its message by more than equal columns: whether the second row is refused is not known. Name the column with the message id as evidence of the source.',

  'dedupe.log':
    '{log} takes a second record like the first one: it tells what was consumed, not whether the receiver notices a message that comes twice. Ask its developers, or name its dedupe table as evidence.',

  'dedupe.unique': '{index} ({columns}) refuses the second row of a message.',
  'dedupe.unique-none':
    'No unique index on {columns} of {table}: two deliveries at the same time both get in, and both take effect. Add a primary key or a unique index.',
  'dedupe.unique-wider':
    '{index} is unique over {columns} only together with {more}: a message gets in again with another {more}. Make the id unique by itself; where {more} names the receiver, give its value in the scope of the evidence.',
  'dedupe.unique-partial':
    '{index} holds for a part of the rows only: outside of it a message gets in twice. Make it unique over all rows.',
  'dedupe.unique-invalid':
    '{index} is invalid, as after a build that failed: nothing is sure to be refused by it. Remove the rows that are there twice, and build it again.',
  'dedupe.unique-cut':
    '{index} compares the first {length} characters only: no message gets in twice, but one whose id begins like another’s is taken for its duplicate, and lost. Index the whole column.',
  'dedupe.unique-deferred':
    '{index} is checked when the transaction ends: what the receiver does outside of its database before that is done twice. Make it not deferrable.',
  'dedupe.unique-expression':
    '{index} is over an expression, which Redrive does not read: whether it refuses the second row of the same {columns} is not known. Look at its definition.',
  'dedupe.doubled':
    '{doubled} messages were consumed more than once, of {proofs} proofs looked at: duplicates did get through. Look for their effects before you resend more.',
  'dedupe.crash':
    '{table} is unlogged: after a crash of its server it is empty, and everything that is resent takes effect again. Make it a logged table.',
  'dedupe.restart':
    '{table} is held in memory ({engine}): after a restart of its server it is empty, and everything that is resent takes effect again. Move it to InnoDB.',
  'dedupe.no-transactions':
    '{table} has no transactions ({engine}): a crash between the row and the effect loses the message, or doubles it. Move it to InnoDB.',

  'dedupe.keys': 'A key is there once: SET with NX tells the receiver of the second delivery.',
  'dedupe.keys-none':
    'No key fits {pattern}: nothing shows that the receiver writes any. Check how the evidence names them.',
  'dedupe.keys-unseen':
    'No key that fits {pattern} was found in the time that a look may take: the server holds too many others. How long they live is not known; look at one of them by hand.',
  'dedupe.lives': 'Keys live for {lives}, the evidence says {retention} ({keys} looked at).',
  'dedupe.short-lived':
    'Keys live for {lives} at the longest, the evidence says {retention} ({keys} looked at): a message consumed before that looks as if it never was. Correct the retention here, or the receiver’s time to live.',
  'dedupe.lives-unknown':
    'Of {keys} keys looked at the longest has {lives} left, the evidence says {retention}: either nothing was consumed lately, or the receiver sets less. Look at its time to live; a value of its own for each key, such as the time, would tell.',
  'dedupe.endless': 'Nothing removes a key ({keys} looked at).',
  'dedupe.endless-some':
    '{endless} of {keys} keys looked at never end, though the evidence says {retention}: they fill the memory until the server refuses writes. Have the receiver set a time to live with the key.',
  'dedupe.not-endless':
    'Keys live for {lives}, but the evidence says that nothing removes them ({keys} looked at): a message consumed before that looks as if it never was. Give the retention.',
  'dedupe.memory': 'A full memory removes no key before its time ({policy}).',
  'dedupe.memory-unlimited':
    'A full memory would remove keys before their time ({policy}); no limit is set. Use noeviction, so that a limit does not make duplicates.',
  'dedupe.memory-full':
    'When memory is full, keys are removed before their time ({policy}, {evicted} so far), and their messages take effect again. Use noeviction, or a server for these keys alone.',
  'dedupe.memory-unknown':
    'The server does not tell what it removes when memory is full. Ask its owner for maxmemory-policy: it has to be noeviction.',
  'dedupe.disk': 'Each key is on disk before the receiver gets its answer.',
  'dedupe.disk-late':
    'The append-only file is synced {mode}: a crash of the machine forgets the last keys, and their messages take effect again. Use appendfsync always, or do not resend what was consumed just before a crash.',
  'dedupe.disk-snapshots':
    'Snapshots only ({save}): a crash forgets the keys since the last one, and their messages take effect again. Turn the append-only file on, or resend nothing after a crash.',
  'dedupe.disk-none':
    'Nothing is kept on disk: a restart of the server forgets every key, and everything that is resent takes effect again. Turn the append-only file on.',
  'dedupe.disk-unknown':
    'The server does not tell what it keeps on disk: what a crash forgets is not known. Ask its owner for appendonly and appendfsync.',
  'dedupe.failover':
    'The {replicas} replicas may be behind when one takes over: a failover forgets the last keys. Set min-replicas-to-write, or resend nothing after a failover.',

  'dedupe.retention-unsaid':
    'Nobody has said for how long proofs are kept: how old a message may be when it is resent is not known. Give the retention of the evidence.',
  'dedupe.retention-none': 'Nothing removes a proof.',
  'dedupe.retries': 'Proofs are kept for {retention}, the last retry of a message comes after {span}.',
  'dedupe.retries-longer':
    'Proofs are kept for {retention}, but the last retry of a message comes after up to {span}: by then its proof may be gone, and it takes effect again. Keep proofs for longer, or retry for a shorter time.',
  'dedupe.age': 'The oldest message that could be resent is {age} old, proofs are kept for {retention}.',
  'dedupe.age-none': 'No message waits to be resent; proofs are kept for {retention}.',
  'dedupe.age-near':
    'The oldest message that could be resent is {age} old, proofs are kept for {retention}: in {left} its proof may be gone. Resend it before, or leave it out.',
  'dedupe.age-over':
    'The oldest message that could be resent is {age} old, but proofs are kept for {retention}: what was consumed before that takes effect again. Leave out what is older, or look at its effect first.',
  'dedupe.age-unknown':
    'How old the oldest message is that could be resent is not known ({problem}). Compare it with the retention by hand.',
  'dedupe.clocks': 'Clocks agree: the receiver’s, the source’s and this machine’s are within {by}.',
  'dedupe.clock-ahead':
    'The clock of the receiver’s server is {by} ahead of the source’s: proofs seem to be that much older, and that was taken off their retention. Set the clocks.',
  'dedupe.clock-behind':
    'The clock of the receiver’s server is {by} behind the source’s: messages seem to be that much younger, and that was taken off their retention. Set the clocks.',
  'dedupe.clock-machine':
    'The clock of this machine is {by} off the source’s: the ages that Redrive shows are wrong by that. Set the clock.',
  'dedupe.clocks-unknown':
    'One of the clocks could not be asked: ages may be wrong by more than is seen. Check again when the source and the receiver answer.',
} as const
