/** One family of samples, as OpenMetrics has it. Names are in base units: seconds, not minutes. */
export interface MetricFamily {
  /** Without `_total`. */
  readonly name: string
  readonly type: 'gauge' | 'counter' | 'info'
  readonly help: string
  readonly samples: readonly MetricSample[]
}

export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

const SUFFIX = { gauge: '', counter: '_total', info: '_info' } as const

/** The text of the exposition format OpenMetrics 1.0. A family without samples is left out: nothing is known of it. */
export function openMetricsText(families: readonly MetricFamily[]): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, type, help, samples }) => [
      `# TYPE ${name} ${type}`,
      `# HELP ${name} ${escaped(help)}`,
      ...samples.map(({ labels, value }) => `${name}${SUFFIX[type]}${labelsText(labels)} ${value}`),
    ])
  return `${[...lines, '# EOF'].join('\n')}\n`
}

function labelsText(labels: MetricSample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
