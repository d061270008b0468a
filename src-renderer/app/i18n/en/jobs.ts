export const jobs = {
  title: 'Jobs',
  pageTitle: { resend: 'Resend from {source}', sweep: 'Sweep of {source}' },
  first:
    'No job yet. A resend from the inbox becomes a job; it is kept here with the outcome of every message.',
  emptyFiltered: 'No job of {source}.',
  allSources: 'All sources',
  older: 'Show older jobs',
  end: 'No older jobs.',
  column: {
    state: 'State',
    kind: 'Kind',
    source: 'Source',
    messages: 'Messages',
    outcomes: 'Outcomes',
    operator: 'By',
    age: 'Started',
  },
  resultMeans: {
    confirmed: 'The broker acknowledged it and did not return it.',
    returned: 'No queue was bound for it: the broker gave it back. It is failed again.',
    refused: 'The broker said no, or an error proves that it stored nothing. It is failed again.',
    unknown: 'No answer came. It may or may not have been delivered; a person has to decide.',
    parked: 'Not sent: an earlier message of its chain was not confirmed.',
    skipped: 'The row was no longer what the plan saw. Nothing was sent.',
  },
  progress: '{ended} of {items}',
  needsPerson: 'needs a decision',
  sentence: {
    running: 'Running: {left} message left. | Running: {left} messages left.',
    paused: 'Paused with {left} message left. | Paused with {left} messages left.',
    interrupted: 'Interrupted with {left} message left. | Interrupted with {left} messages left.',
    unsettled:
      'Ended, but the outcome of {n} message is unknown: decide what became of it. | Ended, but the outcome of {n} messages is unknown: decide what became of them.',
    unmarked:
      'Ended, but {n} row had changed and was left as it is. | Ended, but {n} rows had changed and were left as they are.',
    cancelled:
      'Stopped by the operator: {n} message was not sent. | Stopped by the operator: {n} messages were not sent.',
    'all-confirmed': 'Done: the broker confirmed every message.',
    'some-not-sent': 'Done: {n} message was not confirmed. | Done: {n} messages were not confirmed.',
  },
  interruptedMeans: 'Nothing more is being published. What had no answer is unknown; the rest was not sent.',
  live: {
    on: 'live',
    off: 'Not live: the engine does not answer. What is shown is from before.',
  },
  rate: { observed: '{n} a second', limit: 'at most {n} a second', none: 'as fast as possible' },
  left: {
    seconds: 'about {count} second left | about {count} seconds left',
    minutes: 'about {count} minute left | about {count} minutes left',
    hours: 'about {count} hours left',
  },
  kind: {
    resend: 'resend',
    sweep: 'sweep',
  },
  braked: 'brake pulled',
  waiting: {
    since: 'Waiting since {time}',
    means:
      'Nothing is published meanwhile, and it goes on by itself. What had no answer is unknown; the rest waits its turn.',
  },
  pause: {
    act: 'Pause',
    means:
      'Paused by an operator: nothing is being published. What was on its way was waited for. Continue when you are ready.',
  },
  brake: {
    none: 'off',
    failure: 'over {n} % not confirmed',
    returned: 'over {n} returned',
    queue: 'over {n} waiting in {queue}',
    title: 'The brake was pulled.',
    pulled: {
      'failure-ratio': '{seen} % of the last messages were not confirmed; the limit is {allowed} %.',
      returned: '{seen} messages came back; at most {allowed} were allowed.',
      'queue-depth': '{seen} messages wait in the queue {queue}; at most {allowed} were allowed.',
    },
    means: 'Nothing more is being published.',
    next: {
      'failure-ratio':
        'Look at why they failed: the same cause would fail the rest. Then continue, or stop the job.',
      returned:
        'No queue is bound for them. Have the binding made and continue; or stop the job, and resend what failed to another destination.',
      'queue-depth':
        'The consumer does not keep up. Continue when the queue is shorter; or stop the job, and resend what is left at a lower speed.',
    },
    show: 'Show {n} {result}',
  },
  ramp: {
    step: 'ramping up: {n} message at a time | ramping up: {n} messages at a time',
  },
  retry: {
    act: 'Resend what failed…',
  },
  unknown: {
    title: 'Unknown outcomes',
    count: '{n} in {jobs} job | {n} in {jobs} jobs',
    means:
      'For these messages the broker gave no answer. They may have been delivered, or not: look at the consumer, then decide. Redrive does not guess.',
    running:
      'Some belong to a job that still runs: an answer may still come. They can be decided when it has ended or is paused.',
    well: 'No outcome is unknown. Checked at {time}.',
    wellIn: 'No outcome is unknown in {source}. Checked at {time}.',
    openAll: 'Decide {n} unknown outcome… | Decide all {n} unknown outcomes…',
    selectAll: 'Select all that are shown',
    job: 'Job',
    evidence: 'Evidence',
    age: 'Since',
    verdict: {
      none: 'none',
      consumed: 'consumed',
      'not-seen-within-retention': 'not seen by the consumer',
      unknown: 'could not be told',
    },
  },
  facts: {
    through: 'Through',
    operator: 'By',
    started: 'Started',
    ended: 'Ended',
    speed: 'Speed',
    ramp: ', ramping up',
    brake: 'Brake',
    plan: 'Plan',
    digest: 'Digest',
    journal: 'In the journal',
  },
  backToList: 'All jobs',
  filter: { label: 'Messages by outcome', all: 'all', unsettled: 'undecided' },
  item: {
    id: 'Id',
    type: 'Type',
    destination: 'Destination',
    outcome: 'Outcome',
    why: 'Why',
    at: 'At',
    state: {
      planned: 'waits',
      claiming: 'claiming',
      publishing: 'publishing',
      settling: 'marking',
      done: 'done',
    },
    parkedBehind: 'Parked behind {id}, which was not confirmed.',
    unmarked: 'The row had changed meanwhile and was left as it is.',
    settledAs: { sent: 'decided: delivered', 'not-sent': 'decided: not delivered' },
    open: 'Open message {id}',
    selectAll: 'Select all that are undecided here',
    select: 'Select message {id}',
  },
  why: {
    'approval-required': 'A second person has to say yes before it goes on.',
    'limit-reached': 'An hourly limit of the workspace is reached.',
    unroutable: 'No queue is bound for this routing key.',
    'confirm-timeout': 'The broker did not confirm in time.',
    'channel-closed': 'The channel closed before the broker answered.',
    'process-ended': 'Redrive ended before the broker answered.',
    'row-changed': 'The row changed after the plan was made.',
    'broker-refused': 'The broker refused it.',
  },
  items: {
    emptyAll: 'This job has no messages.',
    emptyFiltered: 'No message with this outcome.',
  },
  stop: {
    open: 'Stop…',
    act: 'Stop: publish nothing more',
    question: 'Stop this job?',
    means:
      'What is on its way is waited for and settled. {n} message stays unsent. | What is on its way is waited for and settled. {n} messages stay unsent.',
    waiting: 'Waiting for what is on its way…',
    keep: 'Let it run',
  },
  continue: {
    act: 'Continue with {n} message | Continue with {n} messages',
    locked: '{source} is read-only. Unlock it to continue.',
  },
  settle: {
    byEvidence: 'Delivered, where the receiver has consumed it',
    byEvidenceMeans:
      '{n} of those shown is proved to be consumed. What is not proved stays undecided. | {n} of those shown are proved to be consumed. What is not proved stays undecided.',
    actByEvidence: 'Decide by evidence',
    byQueue: 'Delivered, where it is found in its queue',
    byQueueMeans:
      'Looks into the queue that the letters were redriven to. What is there was delivered and leaves the dead letters; what is not there may have been consumed, and stays undecided.',
    actByQueue: 'Look into the queue and decide',
    queue: 'Queue to look into',
    askQueue: 'Ask what it costs',
    costs:
      'It has {n} message. Reading it costs the queue: | It has {n} messages. Reading them costs the queue:',
    untouched: 'Nothing has been taken out of this queue since the job began',
    untouchedMeans:
      'Then what is not found in it, and is still a dead letter, was not delivered, and is free to be redriven.',
    untouchedNot:
      'It has {n} consumer, so what is not found stays undecided. | It has {n} consumers, so what is not found stays undecided.',
    queueMissing: 'Name the queue and ask what a look costs.',
    open: 'Decide {n} unknown outcome… | Decide {n} unknown outcomes…',
    openSelected: 'Decide {n} selected outcome… | Decide {n} selected outcomes…',
    title: 'Decide unknown outcomes',
    means:
      'For these messages the broker gave no answer: the channel closed, or the confirm did not come in time. They may have been delivered, or not. Redrive does not guess.',
    look: 'Look in the consumer, its log or its table for the message ids before you decide.',
    which: 'Which',
    all: 'all {n} undecided',
    selected: 'the {n} selected',
    decision: 'What became of them',
    sent: 'was delivered (mark sent)',
    sentMeans: 'The rows are marked sent. Nothing is published.',
    notSent: 'was not delivered (back to failed)',
    notSentMeans:
      'The rows become failed and can be resent. Should one have been delivered, a resend delivers it twice.',
    partly: '{n} outcome was decided before this happened: | {n} outcomes were decided before this happened:',
    reason: 'Reason',
    reasonHint: 'How do you know? It goes into the journal with your name.',
    decisionMissing: 'Say what became of them.',
    actNone: 'Decide {n} outcome | Decide {n} outcomes',
    reasonMissing: 'A reason is needed.',
    actSent: 'Mark {n} message sent | Mark {n} messages sent',
    actNotSent: 'Mark {n} message failed | Mark {n} messages failed',
    locked: '{source} is read-only. Unlock it to decide.',
  },
  unlock: 'Unlock {source}…',
}
