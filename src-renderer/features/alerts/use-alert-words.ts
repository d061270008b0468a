import { useI18n } from 'vue-i18n'
import type { AlertCondition, AlertDelivery } from '../../../src-preload/contract/alerts.ts'
import { roughDuration } from '../../ui/time.ts'

export interface AlertWords {
  /** `more than 100 failed messages`. */
  readonly condition: (when: AlertCondition) => string
  /** What was measured, in the condition's unit; empty: nothing that has a number. */
  readonly measured: (when: AlertCondition, value: number | null) => string
  readonly span: (seconds: number) => string
  readonly delivery: (delivery: AlertDelivery) => string
}

export function useAlertWords(): AlertWords {
  const { t, n } = useI18n()
  const span = (seconds: number): string => {
    if (seconds <= 0) return t('common.seconds', { n: 0 })
    const { unit, count } = roughDuration(seconds)
    return t(`common.${unit}`, { n: count })
  }
  const percent = (part: number): string => n(part, { style: 'percent', maximumFractionDigits: 1 })
  const trouble = (when: AlertCondition): string =>
    'trouble' in when ? t(`alerts.trouble.${when.trouble}`) : ''
  return {
    span,
    condition(when) {
      switch (when.measure) {
        case 'count':
          return t('alerts.when.count', { n: n(when.above), trouble: trouble(when) })
        case 'oldest':
          return t('alerts.when.oldest', { age: span(when.above), trouble: trouble(when) })
        case 'failure-rate':
          return t('alerts.when.rate', { rate: percent(when.above), time: span(when.windowSec) })
        case 'stopped':
        case 'source-silent':
        case 'broker-silent':
          return t(`alerts.when.${when.measure}`)
      }
    },
    measured(when, value) {
      if (value === null) return ''
      if (when.measure === 'oldest') return span(value)
      return when.measure === 'failure-rate' ? percent(value) : n(value)
    },
    delivery({ state, attempts, reason }) {
      const values = { n: n(attempts), why: reason ?? '' }
      return t(`alerts.delivery.${reason !== null && state === 'sending' ? 'due' : state}`, values)
    },
  }
}
