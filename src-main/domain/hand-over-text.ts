import { decidedTogether, sweptTogether } from './hand-over.ts'
import type { HandOver, OpenSource } from './hand-over.ts'
import { handOverWords } from './hand-over-words.ts'
import type { HandOverLanguage, HandOverWords } from './hand-over-words.ts'
import type { Job } from './job.ts'

const MINUTE_MS = 60_000
const MINUTES_PER_HOUR = 60
const HOURS_PER_DAY = 24
const OUTCOMES = ['confirmed', 'returned', 'refused', 'unknown', 'skipped', 'parked', 'unmarked'] as const
const SWEPT = ['confirmed', 'failed', 'unknown', 'expired'] as const

/** The hand-over as Markdown: the same facts give the same text. */
export function handOverText(facts: HandOver, language: HandOverLanguage): string {
  const words = handOverWords[language]
  const answered = facts.sources.filter(({ troubles }) => troubles !== null).length
  return [
    `# ${words.title(minuteOf(facts.since), minuteOf(facts.until))}`,
    words.madeBy(plain(facts.operator), answered, facts.sources.length),
    `## ${words.open}`,
    ...openPart(facts, words),
    `## ${words.alerts}`,
    listOr(alertLines(facts, words), words.alertsNone),
    `## ${words.unsettled}`,
    listOr(unsettledLines(facts, words), words.unsettledNone),
    `## ${words.done}`,
    listOr(doneLines(facts, words), words.doneNone),
    ...cutNotes(facts, words, ['jobs', 'decisions', 'sweeps']),
    `## ${words.notes}`,
    listOr(noteLines(facts), words.notesNone),
    ...cutNotes(facts, words, ['notes']),
    `## ${words.assigned}`,
    listOr(assignedLines(facts, words), words.assignedNone),
    ...cutNotes(facts, words, ['assignments']),
  ]
    .join('\n\n')
    .concat('\n')
}

function openPart({ sources, until }: HandOver, words: HandOverWords): string[] {
  if (sources.length === 0) return [words.noSources]
  const rows = sources.flatMap((source) => openRows(source, until, words))
  const head = [words.columns, ['---', '---', '---', '---:', '---:']].map(row)
  const silent = sources.filter(({ troubles }) => troubles === null)
  const well = sources.filter(({ troubles }) =>
    troubles?.every(({ count, bounded }) => count === 0 && !bounded),
  )
  const said = [
    ...silent.map(({ source, environment, why }) =>
      words.silent(plain(source), words.environment[environment], why ?? '?'),
    ),
    ...well.map(({ source }) => words.nothingOpen(plain(source))),
  ]
  return [
    ...(rows.length > 0 ? [[...head, ...rows].join('\n')] : []),
    ...(said.length > 0 ? [said.map((text) => `- ${text}`).join('\n')] : []),
  ]
}

function openRows(
  { source, environment, troubles }: OpenSource,
  until: string,
  words: HandOverWords,
): string[] {
  return (troubles ?? [])
    .filter(({ count, bounded }) => count > 0 || bounded)
    .map(({ trouble, count, bounded, oldestCreatedAt }) =>
      row([
        plain(source),
        words.environment[environment],
        words.trouble[trouble],
        `${count}${bounded ? '+' : ''}`,
        oldestCreatedAt === null ? '–' : ageOf(oldestCreatedAt, until, words),
      ]),
    )
}

function alertLines({ alerts }: HandOver, words: HandOverWords): string[] {
  return alerts.map(({ rule, subject, firedAt, acknowledged }) =>
    [
      words.alert(plain(rule), plain(subject.name), minuteOf(firedAt)),
      ...(acknowledged === null
        ? []
        : [words.acknowledged(plain(acknowledged.by), minuteOf(acknowledged.at))]),
    ].join(words.comma),
  )
}

function unsettledLines({ sources, elsewhere }: HandOver, words: HandOverWords): string[] {
  return [...sources.map(({ source, unsettled }) => ({ place: source, unsettled })), ...elsewhere]
    .filter(({ unsettled }) => unsettled > 0)
    .map(({ place, unsettled }) => words.unsettledLine(plain(place), String(unsettled)))
}

function doneLines({ jobs, decisions, sweeps }: HandOver, words: HandOverWords): string[] {
  // What a sweep sent is a job too; it is told once, with its runs.
  const resends = jobs.filter(({ kind }) => kind === 'resend').toReversed()
  return [
    ...resends.map((job) => jobLine(job, words)),
    ...decidedTogether(decisions).map(({ at, state, count, source, reason, operator }) =>
      [
        `${minuteOf(at)} ${words.decision[state](String(count), plain(source))}`,
        words.because(plain(reason)),
        words.by(plain(operator)),
      ].join(words.comma),
    ),
    ...sweptTogether(sweeps).map(({ source, runs, failedRuns, claimed, ...counts }) =>
      [
        words.sweeps(plain(source), runs, claimed),
        ...SWEPT.filter((outcome) => counts[outcome] > 0).map((outcome) =>
          words.outcome[outcome](String(counts[outcome])),
        ),
        ...(failedRuns > 0 ? [words.sweepsFailed(failedRuns)] : []),
      ].join(words.comma),
    ),
  ]
}

function jobLine(
  { job, kind, source, state, items, tally, createdAt, operator, interruption }: Job,
  words: HandOverWords,
) {
  const outcomes = OUTCOMES.filter((outcome) => tally[outcome] > 0).map((outcome) =>
    words.outcome[outcome](String(tally[outcome])),
  )
  const stands = state === 'paused' || state === 'interrupted' ? [`**${words.jobStands}**`] : []
  const why = interruption === null ? [] : [`${interruption.code}`]
  return [
    `${minuteOf(createdAt)} ${words.job(kind, plain(source), String(items))} (\`${job}\`): ${words.jobState[state]}`,
    ...why,
    ...stands,
    ...outcomes,
    words.by(plain(operator)),
  ].join(words.comma)
}

function noteLines({ notes }: HandOver): string[] {
  return notes
    .toReversed()
    .map(
      ({ at, author, source, messageId, text }) =>
        `${minuteOf(at)} ${plain(author)}, ${plain(source)} ${code(messageId)}: ${plain(text)}`,
    )
}

function assignedLines({ assignments }: HandOver, words: HandOverWords): string[] {
  return assignments.map(
    ({ source, messageId, assignee, at }) =>
      `${plain(source)} ${code(messageId)}: ${words.lookedAfter(plain(assignee), minuteOf(at))}`,
  )
}

function cutNotes({ cut }: HandOver, words: HandOverWords, of: readonly HandOver['cut'][number][]): string[] {
  return of.filter((one) => cut.includes(one)).map((one) => `_${words.cut[one]}_`)
}

function listOr(lines: readonly string[], none: string): string {
  return lines.length === 0 ? none : lines.map((line) => `- ${line}`).join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** `2026-11-29 14:05`. */
function minuteOf(iso: string): string {
  return new Date(iso).toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ')
}

function ageOf(from: string, to: string, words: HandOverWords): string {
  const minutes = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / MINUTE_MS))
  const hours = Math.floor(minutes / MINUTES_PER_HOUR)
  return words.age(Math.floor(hours / HOURS_PER_DAY), hours % HOURS_PER_DAY, minutes % MINUTES_PER_HOUR)
}

/** What people and databases wrote stays text: nothing of it becomes a link, a heading or another cell. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#~]/g, String.raw`\$&`)
}

function code(text: string): string {
  return `\`${text.replaceAll('`', "'").replaceAll(/\s+/g, ' ')}\``
}
