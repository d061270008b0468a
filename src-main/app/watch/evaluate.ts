import type { Alert } from '../../domain/alert/alert.ts'
import { readingOf } from '../../domain/alert/reading.ts'
import type { Reading } from '../../domain/alert/reading.ts'
import { NO_ALERTS, watchedBy } from '../../domain/alert/rule.ts'
import type { AlertRule, AlertsConfig } from '../../domain/alert/rule.ts'
import { stepOf } from '../../domain/alert/standing.ts'
import type { AlertStanding } from '../../domain/alert/standing.ts'
import type { JournalDraft } from '../../domain/journal.ts'
import type { Sample, Subject } from '../../domain/sample.ts'
import type { Workspace } from '../../domain/workspace.ts'
import type { AlertMove, Told } from '../../ports/alert-store.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** Readings further apart than so many rounds have a hole between them. */
const HOLE_ROUNDS = 3
const SECOND_MS = 1_000
/** A rate begins with a sample that is older than its window by no more than this part of it. */
const WINDOW_SLACK = 1.5

export type WatchPorts = Pick<EnginePorts, 'alerts' | 'samples' | 'ids' | 'clock' | 'operator'>

interface Read {
  readonly name: string
  readonly rule: AlertRule
  readonly subject: Subject
  readonly reading: Reading
}

/** Evaluates the rules on new samples: what fired, was told again and was resolved, each once, whoever evaluates. */
export async function evaluate(
  ports: WatchPorts,
  workspace: Workspace,
  samples: readonly Sample[],
  paceMs: number,
): Promise<readonly Told[]> {
  const { alerts = NO_ALERTS } = workspace
  const notify = alerts.webhook !== undefined
  const entry = journalOf(ports.operator())
  const gone = await goneOf(ports, workspace)
  const withdrawn = gone.length === 0 ? [] : await ports.alerts.withdraw(gone, notify, entry)
  const reads = await readAll(ports, alerts.rules, samples)
  const standings = new Map(
    (await ports.alerts.standings()).map((one) => [keyOf(one.rule, one.subject), one.standing]),
  )
  const moves = reads.flatMap((read) => {
    const before = standings.get(keyOf(read.name, read.subject)) ?? null
    return moveOf(ports, read, before, paceMs * HOLE_ROUNDS)
  })
  const moved = moves.length === 0 ? [] : await ports.alerts.move(moves, notify, entry)
  const due = repeatsDue(await ports.alerts.open(), reads, ports.clock.now().getTime())
  const repeated = due.length === 0 ? [] : await ports.alerts.repeat(due, notify, entry)
  return [...withdrawn, ...moved, ...repeated]
}

const keyOf = (rule: string, { kind, name }: Subject): string => JSON.stringify([rule, kind, name])

async function readAll(
  ports: WatchPorts,
  rules: AlertsConfig['rules'],
  samples: readonly Sample[],
): Promise<readonly Read[]> {
  const reads: Read[] = []
  for (const sample of samples) {
    const subject: Subject = { kind: sample.kind, name: sample.name }
    for (const [name, rule] of Object.entries(rules)) {
      if (watchedBy(rule, [subject]).length === 0) continue
      reads.push({ name, rule, subject, reading: await read(ports, rule, sample) })
    }
  }
  return reads
}

async function read(ports: WatchPorts, { when }: AlertRule, sample: Sample): Promise<Reading> {
  if (when.measure !== 'failure-rate') return readingOf(when, sample)
  const fromMs = sample.atMs - when.windowSec * SECOND_MS * WINDOW_SLACK
  return readingOf(when, sample, await ports.samples.sources({ source: sample.name, fromMs }))
}

function moveOf(
  ports: WatchPorts,
  { name, rule, subject, reading }: Read,
  before: AlertStanding | null,
  holeMs: number,
): AlertMove[] {
  const step = stepOf(rule, before, reading, holeMs)
  if (step === null) return []
  const { standing, turn } = step
  // Quiet as before: nothing would be remembered that is not so anyway.
  if (
    !standing.firing &&
    standing.leaningMs === null &&
    (before?.leaningMs ?? null) === null &&
    turn === null
  )
    return []
  return [
    {
      rule: name,
      subject,
      fromMs: before?.atMs ?? null,
      to: standing,
      turn:
        turn === 'fires'
          ? { kind: 'fires', alert: ports.ids.next('alert'), when: rule.when, value: reading.value }
          : turn && { kind: 'resolves' },
    },
  ]
}

/** Only while what was measured still holds: of a source that is away nobody knows. */
function repeatsDue(open: readonly Alert[], reads: readonly Read[], nowMs: number): readonly Alert[] {
  const holding = new Map(
    reads
      .filter(({ reading, rule }) => reading.holds === true && rule.repeatSec !== null)
      .map(({ name, subject, rule }) => [keyOf(name, subject), rule.repeatSec ?? 0]),
  )
  return open.filter(({ rule, subject, acknowledged, toldAt }) => {
    const repeatSec = holding.get(keyOf(rule, subject))
    if (repeatSec === undefined || acknowledged !== null) return false
    return nowMs - Date.parse(toldAt) >= repeatSec * SECOND_MS
  })
}

/** Standings whose rule or subject is no longer in the workspace. */
async function goneOf(
  ports: WatchPorts,
  { sources, brokers, alerts = NO_ALERTS }: Workspace,
): Promise<readonly { readonly rule: string; readonly subject: Subject }[]> {
  const subjects: Subject[] = [
    ...Object.keys(sources).map((name): Subject => ({ kind: 'source', name })),
    ...Object.keys(brokers).map((name): Subject => ({ kind: 'broker', name })),
  ]
  const watched = new Set(
    Object.entries(alerts.rules).flatMap(([name, rule]) =>
      watchedBy(rule, subjects).map((subject) => keyOf(name, subject)),
    ),
  )
  const known = [...(await ports.alerts.standings()), ...(await ports.alerts.open())]
  const found = new Map(known.map(({ rule, subject }) => [keyOf(rule, subject), { rule, subject }]))
  return [...found].filter(([key]) => !watched.has(key)).map(([, one]) => one)
}

const ACTIONS = {
  fired: 'alert-fired',
  repeated: 'alert-repeated',
  acknowledged: 'alert-acknowledged',
  resolved: 'alert-resolved',
} as const

/** What the journal says of it. */
export function journalOf(operator: string): (told: Told) => JournalDraft {
  return ({ event, alert }) => ({
    action: ACTIONS[event],
    operator,
    source: alert.subject.kind === 'source' ? alert.subject.name : null,
    subject: alert.alert,
    detail: {
      rule: alert.rule,
      kind: alert.subject.kind,
      name: alert.subject.name,
      measure: alert.when.measure,
      ...('trouble' in alert.when ? { trouble: alert.when.trouble } : {}),
      ...('above' in alert.when ? { above: alert.when.above } : {}),
      value: alert.value,
      ...(event === 'resolved' ? { withdrawn: alert.resolved?.withdrawn ?? false } : {}),
    },
  })
}
