import type { Command } from './command.ts'
import { approve, approveKeygen } from './commands/approve.ts'
import { agent } from './commands/agent.ts'
import { audit, auditList, auditRepair, auditReport } from './commands/audit.ts'
import { brokersRecords } from './commands/broker-records.ts'
import { brokersGroups, brokersQueues, brokersTopics } from './commands/brokers.ts'
import { callback } from './commands/callback.ts'
import {
  deadLettersDiscard,
  deadLettersRestore,
  deadLettersGroups,
  deadLettersList,
  deadLettersPlan,
} from './commands/dead-letters.ts'
import { evidenceCheck } from './commands/evidence.ts'
import { resolve, undo } from './commands/decisions.ts'
import { handOver } from './commands/hand-over.ts'
import { jobsList, jobsSettle, jobsShow, jobsUnknown } from './commands/jobs.ts'
import { journalAcceptClock, journalExport, journalKey, journalVerify } from './commands/journal-proof.ts'
import { journalForward } from './commands/journal-forward.ts'
import { journalList } from './commands/journal.ts'
import { mappingCheck, mappingExplain } from './commands/mapping.ts'
import { mappingConfirm, mappingPreview, retry, sourcesDetect } from './commands/mapping-steps.ts'
import { messagesList, messagesShow } from './commands/messages.ts'
import { operatorsAdd, operatorsList, operatorsRevoke } from './commands/operators.ts'
import { planResend } from './commands/plan.ts'
import { run } from './commands/run.ts'
import { backup, restore } from './commands/backup.ts'
import { storeRestored } from './commands/store-restored.ts'
import { secretsList, secretsRemove, secretsSet } from './commands/secrets.ts'
import { serve } from './commands/serve.ts'
import { sourcesList, sourcesTest } from './commands/sources.ts'
import { checkBack, checkBackDecide } from './commands/check-back.ts'
import { unconfirmedAsk, unconfirmedList, unconfirmedParked } from './commands/unconfirmed.ts'
import { watch } from './commands/watch.ts'
import { sweep } from './commands/sweep.ts'

/** In the order of the work, as the help lists them. */
export const commands: readonly Command[] = [
  sourcesList,
  sourcesTest,
  sourcesDetect,
  mappingCheck,
  mappingExplain,
  mappingPreview,
  mappingConfirm,
  messagesList,
  messagesShow,
  evidenceCheck,
  planResend,
  deadLettersList,
  deadLettersGroups,
  deadLettersPlan,
  deadLettersDiscard,
  deadLettersRestore,
  brokersQueues,
  brokersTopics,
  brokersGroups,
  brokersRecords,
  approveKeygen,
  approve,
  run,
  retry,
  resolve,
  undo,
  jobsList,
  jobsShow,
  jobsUnknown,
  jobsSettle,
  agent,
  sweep,
  checkBackDecide,
  checkBack,
  unconfirmedList,
  unconfirmedAsk,
  unconfirmedParked,
  callback,
  auditList,
  auditReport,
  auditRepair,
  audit,
  handOver,
  journalList,
  journalVerify,
  journalExport,
  journalKey,
  journalForward,
  journalAcceptClock,
  backup,
  restore,
  storeRestored,
  secretsSet,
  secretsList,
  secretsRemove,
  watch,
  operatorsList,
  operatorsAdd,
  operatorsRevoke,
  serve,
]
