import type { MetricFamily, MetricSample } from '../../domain/open-metrics.ts'
import type { OutcomeTotals } from '../../ports/job-store.ts'
import type { Connections } from '../connections/connections.ts'
import type { ConnectionHealth, HealthBoard } from '../connections/health.ts'
import type { EnginePorts } from '../engine-ports.ts'
import type { TroubleCounts } from '../messages/messages.ts'
import type { Counting } from '../watch/counting.ts'
import type { Sweeps, SweepView } from '../sweep/sweeps.ts'

/** A source that has not answered by then is not up. */
const SOURCE_TIMEOUT_MS = 5_000
/** Sources are counted anew at most this often, however many ask. */
const FRESH_MS = 10_000
const SECOND_MS = 1_000

export interface MetricsOptions {
  readonly ports: Pick<EnginePorts, 'clock' | 'jobReader' | 'log'>
  readonly connections: Connections
  readonly health: HealthBoard
  readonly counting: Counting
  readonly sweeps: Sweeps
  readonly version: string
}

interface Counted {
  readonly source: string
  /** Null: it did not answer, which is not the same as none. */
  readonly counts: TroubleCounts | null
}

/** What a monitoring system asks for: numbers and names of connections, never of messages. */
export interface Metrics {
  read(): Promise<readonly MetricFamily[]>
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { clock } = options.ports
  let latest: { readonly atMs: number; readonly families: Promise<readonly MetricFamily[]> } | null = null
  return {
    read() {
      const nowMs = clock.now().getTime()
      if (latest !== null && nowMs - latest.atMs < FRESH_MS) return latest.families
      const families = collect(options)
      latest = { atMs: nowMs, families }
      families.catch(() => (latest = null))
      return families
    },
  }
}

async function collect(options: MetricsOptions): Promise<readonly MetricFamily[]> {
  const { ports, connections, health, sweeps, version } = options
  const { sources } = await connections.workspace()
  const counted = await Promise.all(Object.keys(sources).map((source) => count(options, source)))
  const now = ports.clock.now()
  return [
    {
      name: 'redrive_build',
      type: 'info',
      help: 'Version of Redrive.',
      samples: [{ labels: { version }, value: 1 }],
    },
    ...troubleFamilies(counted, now),
    ...outcomeFamilies(await ports.jobReader.outcomeTotals()),
    ...brokerFamilies(health.all()),
    ...sweepFamilies(await sweeps.list(1)),
  ]
}

async function count({ counting, ports }: MetricsOptions, source: string): Promise<Counted> {
  try {
    const signal = AbortSignal.timeout(SOURCE_TIMEOUT_MS)
    return { source, counts: await counting.counts(source, { freshMs: FRESH_MS }, signal) }
  } catch (error) {
    ports.log.warn({ source, reason: String(error) }, 'metrics-source-failed')
    return { source, counts: null }
  }
}

function troubleFamilies(counted: readonly Counted[], now: Date): readonly MetricFamily[] {
  const troubles = counted.flatMap(({ source, counts }) =>
    (counts?.troubles ?? []).map((one) => ({ ...one, labels: { source, trouble: one.trouble } })),
  )
  return [
    gauge(
      'redrive_source_up',
      'Whether the source answered; where it did not, nothing is said of its messages.',
      counted.map(({ source, counts }) => ({ labels: { source }, value: Number(counts !== null) })),
    ),
    gauge(
      'redrive_trouble_messages',
      'Messages that an operator should look at.',
      troubles.map(({ labels, count }) => ({ labels, value: count })),
    ),
    gauge(
      'redrive_trouble_messages_bounded',
      'Whether there are at least so many: counting stopped at a limit.',
      troubles.map(({ labels, bounded, scope }) => ({ labels, value: Number(bounded || !scope.complete) })),
    ),
    gauge(
      'redrive_trouble_oldest_age_seconds',
      'Age of the oldest of them.',
      troubles.flatMap(({ labels, oldestCreatedAt }) =>
        oldestCreatedAt === null
          ? []
          : [{ labels, value: Math.max(0, (now.getTime() - Date.parse(oldestCreatedAt)) / SECOND_MS) }],
      ),
    ),
  ]
}

function outcomeFamilies(totals: readonly OutcomeTotals[]): readonly MetricFamily[] {
  return [
    {
      name: 'redrive_outcomes',
      type: 'counter',
      help: 'Publishes of jobs and sweeps by what became of them.',
      samples: totals.flatMap(({ source, confirmed, returned, refused, unknown }) =>
        Object.entries({ confirmed, returned, refused, unknown }).map(([outcome, value]) => ({
          labels: { source, outcome },
          value,
        })),
      ),
    },
    gauge(
      'redrive_unknown_outcomes',
      'Publishes without an answer that nobody has decided about yet.',
      totals.map(({ source, unsettled }) => ({ labels: { source }, value: unsettled })),
    ),
  ]
}

/** One that nobody has used yet is neither up nor down. */
function brokerFamilies(all: readonly ConnectionHealth[]): readonly MetricFamily[] {
  const brokers = all.filter(({ kind, state }) => kind === 'broker' && state !== 'idle')
  return [
    gauge(
      'redrive_broker_up',
      'Whether the broker is connected and takes messages.',
      brokers.map(({ name: broker, state }) => ({
        labels: { broker },
        value: Number(state === 'connected'),
      })),
    ),
    gauge(
      'redrive_broker_blocked',
      'Whether the broker is connected and holds publishers back.',
      brokers.map(({ name: broker, state }) => ({ labels: { broker }, value: Number(state === 'blocked') })),
    ),
  ]
}

function sweepFamilies(all: readonly SweepView[]): readonly MetricFamily[] {
  const sweeps = all.filter(({ policy }) => policy !== null)
  const each = (value: (sweep: SweepView) => number | null): readonly MetricSample[] =>
    sweeps.flatMap((sweep) => {
      const is = value(sweep)
      return is === null ? [] : [{ labels: { source: sweep.source }, value: is }]
    })
  return [
    gauge(
      'redrive_sweep_on',
      'Whether the sweep runs on schedule.',
      each(({ state }) => Number(state === 'on')),
    ),
    gauge(
      'redrive_sweep_stopped',
      'Whether the sweep stopped by itself after failures in a row.',
      each(({ state }) => Number(state === 'stopped')),
    ),
    gauge(
      'redrive_sweep_failures',
      'Runs that failed since one did not.',
      each(({ failures }) => failures),
    ),
    gauge(
      'redrive_sweep_last_run_timestamp_seconds',
      'When the latest run began.',
      each(({ runs: [run] }) => (run === undefined ? null : Date.parse(run.startedAt) / SECOND_MS)),
    ),
  ]
}

function gauge(name: string, help: string, samples: readonly MetricSample[]): MetricFamily {
  return { name, type: 'gauge', help, samples }
}
