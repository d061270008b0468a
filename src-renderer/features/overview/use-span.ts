import { useI18n } from 'vue-i18n'

const MINUTE_SEC = 60
const HOUR_SEC = 3_600
const DAY_SEC = 86_400

/** A length of time in one number and one unit, as ages are written in lists. */
export function useSpan(): { readonly span: (seconds: number) => string } {
  const { t } = useI18n()
  return {
    span(seconds) {
      if (seconds < MINUTE_SEC) return t('common.seconds', { n: Math.round(seconds) })
      if (seconds < HOUR_SEC) return t('common.minutes', { n: Math.round(seconds / MINUTE_SEC) })
      if (seconds < 2 * DAY_SEC) return t('common.hours', { n: Math.round(seconds / HOUR_SEC) })
      return t('common.days', { n: Math.round(seconds / DAY_SEC) })
    },
  }
}
