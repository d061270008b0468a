import type { ServerWork } from './assemble.ts'
import type { ChangeParts } from './change-parts.ts'
import { claimMessages, markMessages } from './claiming.ts'
import { claimDueMessages } from './claiming-due.ts'
import { decideMessages } from './deciding-halves.ts'
import { expireMessages, findExhausted } from './exhausted.ts'
import { previewAction, retryMessages } from './handing-back.ts'
import { resolveMessages, undoResolve } from './resolving.ts'

/** The work of servers that are written to by look and change: they differ in what they tell of themselves. */
export function changeWork<Parts extends ChangeParts>(
  own: Pick<ServerWork<Parts>, 'report' | 'explain'>,
): ServerWork<Parts> {
  return {
    ...own,
    claim: claimMessages,
    mark: markMessages,
    resolve: resolveMessages,
    undo: undoResolve,
    retry: retryMessages,
    decide: decideMessages,
    preview: previewAction,
    due: (whole) => ({
      claimDue: (request, token, signal) => claimDueMessages(whole, request, token, signal),
      exhausted: (rule, signal) => findExhausted(whole, rule, signal),
      expire: (requests, signal) => expireMessages(whole, requests, signal),
    }),
  }
}
