import { useI18n } from 'vue-i18n'
import type { SweepRun } from '../../../src-preload/contract/sweeps.ts'
import { clockTime } from '../../ui/time.ts'
import { runKind, runParts, spanOf } from './sweep-model.ts'

/** Sentences about runs and times, in the operator's language. */
export function useSweepWords() {
  const { t, n } = useI18n()

  function span(seconds: number): string {
    const { unit, n: count } = spanOf(seconds)
    return t(`sweeps.duration.${unit}`, { n: n(count) })
  }

  /** What a run did; the first word is what has to be known. */
  function deeds(run: SweepRun): string {
    const parts = runParts(run).map(({ key, count }) => t(`sweeps.part.${key}`, { n: n(count) }))
    const kind = runKind(run)
    const named = kind === 'failed' || kind === 'stopped' || kind === 'running' || parts.length === 0
    return [...(named ? [t(`sweeps.kind.${kind}`)] : []), ...parts].join(t('sweeps.partSeparator'))
  }

  const title = (run: SweepRun): string =>
    t('sweeps.runTitle', { time: clockTime(run.startedAt), what: deeds(run) })

  return { span, deeds, title }
}
