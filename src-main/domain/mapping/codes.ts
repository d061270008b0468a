import type { MessageState } from '../message.ts'
import { say } from '../text.ts'
import type { Text } from '../text.ts'

export type Cells = Readonly<Record<string, string | null>>

/** What one code of a state column may mean, and how that is known. */
export interface CodeMeaning {
  readonly code: string
  readonly rows: number
  /** Null: nothing tells. */
  readonly state: MessageState | null
  readonly evidence: Text
  readonly confidence: number
}

/** In both languages of the product: comments of a column are written by people. */
const WORDS: readonly (readonly [MessageState, RegExp])[] = [
  ['waiting-confirm', /wait(ing)?[_\- ]?confirm|prepared|half|待确认/i],
  ['failed', /fail|error|dead|bad|abort|exhaust|reject|poison|失败|死信/i],
  ['discarded', /discard|cancel|ignor|skip|resolv|drop|取消|忽略/i],
  ['expired', /expired|timed?[_\- ]?out|过期/i],
  ['retrying', /retry|again|重试/i],
  [
    'in-flight',
    /sending|publishing|processing|in[_\- ]?(flight|progress)|running|locked|claimed|started|发送中|处理中/i,
  ],
  [
    'sent',
    /^(sent|published|processed|done|completed?|success(ful)?|succeeded|delivered|finished|ok)$|已发送|成功|完成/i,
  ],
  ['scheduled', /schedul|delay|定时|延迟/i],
  [
    'pending',
    /(?<![a-z])(pending|new|queued|ready|wait|init|creat|todo|open|unsent|unpublished)|待发送|新建|未发送/i,
  ],
]

/** The state that a word speaks of; null: none, or not surely. */
export function stateOfWord(word: string): MessageState | null {
  const text = word.trim()
  if (/^(un|not[_\- ])(sent|published|processed|delivered)/i.test(text)) return 'pending'
  return WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

/** `0=new, 1: sending; 2 - sent` in a column's comment. */
export function codesInComment(comment: string | null): ReadonlyMap<string, MessageState> {
  const found = new Map<string, MessageState>()
  for (const [, code = '', word = ''] of (comment ?? '').matchAll(
    /(?<![\w.])(-?\d{1,4}|[A-Z])\s*(?:[:=：＝]|->|-|–)\s*([\p{L}][\p{L}_\- ]{0,30})/gu,
  )) {
    const state = stateOfWord(word)
    if (state !== null) found.set(code, state)
  }
  return found
}

export interface CodeColumns {
  readonly state: string
  readonly attempts: string | null
  readonly lastError: string | null
  readonly sent: string | null
}

/** A code that fewer rows have is not told from the data. */
const ROWS_MIN = 3
const MOST = 0.9
const ATTEMPTS_FAILED_MIN = 3
const FROM_WORD = 0.8
const FROM_COMMENT = 0.9
const FROM_SENT_TIME = 0.8
const FROM_ATTEMPTS = 0.6

/**
 * Means of the codes that a column holds. A word tells by itself; a number only by its comment, or by what goes with it
 * in the data: a sent time, an error, attempts. A number that nothing speaks for has no meaning here.
 */
export function meaningsOf(
  rows: readonly Cells[],
  columns: CodeColumns,
  known: { readonly comment: string | null; readonly labels: readonly string[] },
): readonly CodeMeaning[] {
  const comment = codesInComment(known.comment)
  const groups = new Map<string, Cells[]>(known.labels.map((label) => [label, []]))
  for (const row of rows) {
    const code = row[columns.state] ?? null
    if (code !== null) groups.set(code, [...(groups.get(code) ?? []), row])
  }
  return [...groups].map(([code, group]) => {
    const told = comment.get(code)
    const common = { code, rows: group.length }
    if (told !== undefined)
      return {
        ...common,
        state: told,
        evidence: say('because.comment'),
        confidence: FROM_COMMENT,
      }
    const word = /^-?\d+$/.test(code) || code.length < 2 ? null : stateOfWord(code)
    if (word !== null)
      return { ...common, state: word, evidence: say('because.word', { code }), confidence: FROM_WORD }
    return { ...common, ...fromData(group, rows, columns) }
  })
}

type Told = Pick<CodeMeaning, 'state' | 'evidence' | 'confidence'>

function fromData(group: readonly Cells[], all: readonly Cells[], columns: CodeColumns): Told {
  const rows = group.length
  const nothing = {
    state: null,
    evidence: say('because.nothing'),
    confidence: 0,
  }
  if (rows < ROWS_MIN) return nothing
  const share = (of: readonly Cells[], column: string | null): number =>
    column === null ? 0 : of.filter((row) => isSet(row[column])).length / of.length
  const attempts = (of: readonly Cells[]): number =>
    columns.attempts === null ? 0 : mean(of.map((row) => Number(row[columns.attempts ?? ''] ?? 0)))
  const others = all.filter((row) => !group.includes(row))
  const sent = share(group, columns.sent)
  if (columns.sent !== null && sent >= MOST && (others.length === 0 || share(others, columns.sent) < MOST)) {
    const evidence = say('because.share', { percent: percent(sent), column: columns.sent })
    return { state: 'sent', evidence, confidence: FROM_SENT_TIME }
  }
  const errors = share(group, columns.lastError)
  if (errors >= MOST && attempts(group) >= ATTEMPTS_FAILED_MIN) {
    const tried = { column: columns.lastError ?? '', attempts: attempts(group).toFixed(1) }
    const evidence = say('because.errors', { percent: percent(errors), ...tried })
    return { state: 'failed', evidence, confidence: FROM_ATTEMPTS }
  }
  const lowest = Math.min(...all.map((row) => Number(row[columns.attempts ?? ''] ?? 0)))
  const untouched = columns.attempts !== null && attempts(group) === lowest && errors === 0
  if (untouched && columns.sent !== null && sent === 0) {
    const evidence = say('because.untouched', { column: columns.sent })
    return { state: 'pending', evidence, confidence: FROM_ATTEMPTS }
  }
  return nothing
}

function isSet(text: string | null | undefined): boolean {
  return text !== null && text !== undefined && text !== '' && text !== '0'
}

function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

function percent(share: number): number {
  return Math.round(share * 100)
}
