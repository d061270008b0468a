import { frameOf, seriesOf } from '../../domain/sample-series.ts'
import type { Frame, Range, SourceSeries } from '../../domain/sample-series.ts'
import type { SourceSample } from '../../domain/sample.ts'
import type { EnginePorts } from '../engine-ports.ts'

export interface History {
  readonly frame: Frame
  readonly series: ReadonlyMap<string, SourceSeries>
}

/** What the samples say of one source or of all; a source without samples in the range is absent. */
export async function historyOf(
  { samples, clock }: Pick<EnginePorts, 'samples' | 'clock'>,
  range: Range,
  source: string | null,
): Promise<History> {
  const frame = frameOf(range, clock.now().getTime())
  const found = await samples.sources({ source, fromMs: frame.fromMs - frame.cellMs })
  const bySource = Map.groupBy<string, SourceSample>(found, ({ name }) => name)
  return { frame, series: new Map([...bySource].map(([name, own]) => [name, seriesOf(own, frame)])) }
}
