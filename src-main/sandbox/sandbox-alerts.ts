import { alertDefaults } from '../domain/alert/rule.ts'
import type { AlertsConfig } from '../domain/alert/rule.ts'

/** The story has more failed messages than this: an alert fires by itself within the first minute. */
const FAILED_MAX = 20
const FOR_SEC = 20

export const sandboxAlerts: AlertsConfig = {
  rules: {
    'failed-pile-up': {
      when: { measure: 'count', trouble: 'failed', above: FAILED_MAX },
      forSec: FOR_SEC,
      repeatSec: alertDefaults.repeatSec,
    },
    'source-away': { when: { measure: 'source-silent' }, forSec: alertDefaults.forSec, repeatSec: null },
  },
}
