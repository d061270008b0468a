import type { MessageEvidence } from '../../../src-preload/contract/evidence.ts'

/** One line of a table: the verdict, and when or why. */
export function sayEvidence({ verdict, reason, consumedAt, times, problem }: MessageEvidence): string {
  const twice = times > 1 ? ` ${times} times` : ''
  if (verdict === 'consumed') return `consumed${twice}${consumedAt === null ? '' : ` ${consumedAt}`}`
  if (verdict === 'unknown') return `unknown (${reason ?? ''}${problem === null ? '' : `: ${problem}`})`
  return 'not seen within retention'
}
