import type { LetterDetail } from '../../../src-preload/contract/dead-letters.ts'
import type { Deed } from '../../../src-preload/contract/messages.ts'

type Story = LetterDetail['story']

/** One moment, or the first and the last where it died more than once. */
export function deathTimes({ firstDiedAt, lastDiedAt }: Story): { key: 'diedAt' | 'diedLast'; at: string }[] {
  const first = firstDiedAt === null ? [] : [{ key: 'diedAt' as const, at: firstDiedAt }]
  return lastDiedAt === null || lastDiedAt === firstDiedAt
    ? first
    : [...first, { key: 'diedLast' as const, at: lastDiedAt }]
}

/** What jobs did with it since, the oldest first. Of a record the mark says what the newest one did. */
export function deedsOf({ deeds, mark }: LetterDetail): readonly Deed[] {
  return deeds.filter(({ kind, subject }) => kind === 'resend' && subject !== mark?.subject).toReversed()
}

/** The job that redrove it before it died again; null: it does not carry one. */
export function redriveJobOf({ headers }: LetterDetail): string | null {
  try {
    const read: unknown = JSON.parse(headers)
    if (typeof read !== 'object' || read === null || !('x-redrive-job' in read)) return null
    const job = read['x-redrive-job']
    return typeof job === 'string' ? job : null
  } catch {
    return null
  }
}
