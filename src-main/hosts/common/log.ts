import { destination, pino } from 'pino'
import type { Logger } from 'pino'

const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LEVELS)[number]
const STANDARD_ERROR = 2

/** Keys that hold a secret wherever they stand; a log is copied into tickets. */
const SECRETS = ['password', 'value', 'secret', 'token', 'url', 'headers', 'payload']

/** Lines of JSON on standard error. `REDRIVE_LOG` sets another level than the host's own. */
export function createLog(level: LogLevel): Logger {
  const asked = LEVELS.find((known) => known === process.env['REDRIVE_LOG'])
  return pino(
    {
      level: asked ?? level,
      redact: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination({ dest: STANDARD_ERROR, sync: true }),
  )
}
