import type { Command } from './command.ts'
import { audit, auditList, auditRepair, auditReport } from './commands/audit.ts'
import {
  deadLettersDiscard,
  deadLettersRestore,
  deadLettersGroups,
  deadLettersList,
  deadLettersPlan,
} from './commands/dead-letters.ts'
import { resolve, undo } from './commands/decisions.ts'
import { jobsList, jobsSettle, jobsShow, jobsUnknown } from './commands/jobs.ts'
import { journalExport, journalList, journalVerify } from './commands/journal.ts'
import { mappingCheck, mappingExplain } from './commands/mapping.ts'
import { mappingConfirm, mappingPreview, retry, sourcesDetect } from './commands/mapping-steps.ts'
import { messagesList, messagesShow } from './commands/messages.ts'
import { planResend } from './commands/plan.ts'
import { run } from './commands/run.ts'
import { serve } from './commands/serve.ts'
import { sourcesList, sourcesTest } from './commands/sources.ts'
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
  planResend,
  deadLettersList,
  deadLettersGroups,
  deadLettersPlan,
  deadLettersDiscard,
  deadLettersRestore,
  run,
  retry,
  resolve,
  undo,
  jobsList,
  jobsShow,
  jobsUnknown,
  jobsSettle,
  sweep,
  auditList,
  auditReport,
  auditRepair,
  audit,
  journalList,
  journalVerify,
  journalExport,
  serve,
]
