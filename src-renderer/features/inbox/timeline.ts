import type { Deed, Message, MessageDetail } from '../../../src-preload/contract/messages.ts'
import type { Note } from '../../../src-preload/contract/triage.ts'
import { itemResult } from '../../../src-preload/contract/jobs.ts'
import type { Mark } from '../../ui/marks.ts'

export type TimelineEvent =
  | { readonly kind: 'stored' | 'changed' | 'next'; readonly at: string }
  | { readonly kind: 'attempts'; readonly at: string; readonly attempts: number }
  | { readonly kind: 'note'; readonly at: string; readonly note: Note }
  | { readonly kind: 'deed'; readonly at: string; readonly deed: Deed }

/**
 * What is known to have happened, oldest first. The source keeps the number of attempts and the time of the last
 * change, not each attempt: no more than that is said.
 */
export function timelineOf(message: Message, detail: MessageDetail | null): TimelineEvent[] {
  const { createdAt, updatedAt, nextAttemptAt, attempts } = message
  const deeds = (detail?.deeds ?? []).map((deed) => ({ kind: 'deed' as const, at: deed.at, deed }))
  const notes = (detail?.notes ?? []).map((note) => ({ kind: 'note' as const, at: note.at, note }))
  const last: TimelineEvent[] = []
  if (updatedAt !== null && attempts !== null && attempts > 0)
    last.push({ kind: 'attempts', at: updatedAt, attempts })
  else if (updatedAt !== null && updatedAt !== createdAt) last.push({ kind: 'changed', at: updatedAt })
  const next: TimelineEvent[] = nextAttemptAt === null ? [] : [{ kind: 'next', at: nextAttemptAt }]
  const past = [...last, ...deeds, ...notes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const stored: TimelineEvent[] = createdAt === null ? [] : [{ kind: 'stored', at: createdAt }]
  return [...stored, ...past, ...next]
}

/** A resend shows the mark of its outcome; what has none yet shows no mark. */
export function deedMark(deed: Deed): Mark | null {
  const result = itemResult.safeParse(deed.result)
  return deed.kind === 'resend' && result.success ? `result:${result.data}` : null
}
