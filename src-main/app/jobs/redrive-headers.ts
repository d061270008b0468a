import { editedHeaders } from '../../domain/message-edit.ts'
import type { OutgoingMessage } from '../../domain/outcome.ts'
import type { ClaimedItem } from './job-run.ts'

type Headers = OutgoingMessage['redriveHeaders']

/** What a receiver is told of a resend: the job, the attempt, and of an edited message what it was. */
export function newRedriveHeaders(job: string): (item: ClaimedItem) => Headers {
  let attempt = Number.NaN
  let ofAttempt: Headers = {}
  return ({ attempts, parentDigest }) => {
    if (attempts !== attempt) {
      attempt = attempts
      ofAttempt = { 'x-redrive-job': job, 'x-redrive-attempt': attempts }
    }
    return parentDigest === null ? ofAttempt : { ...ofAttempt, ...editedHeaders(parentDigest) }
  }
}
