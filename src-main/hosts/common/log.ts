import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type { HostLog } from '../../ports/surroundings.ts'

const LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LEVELS)[number]
const STANDARD_ERROR = 2

/** Keys that hold a secret wherever they stand; a log is copied into tickets. */
const SECRETS = ['password', 'value', 'secret', 'token', 'url', 'headers', 'payload']

/**
 * Lines of JSON on standard error. `REDRIVE_LOG` sets another level than the host's own. The library is read at the first
 * line: a start that says nothing does not wait for it.
 */
export function createLog(hostLevel: LogLevel): HostLog {
  const level = LEVELS.find((known) => known === process.env['REDRIVE_LOG']) ?? hostLevel
  let logger: Pino.Logger | null = null
  const writer = (at: 'warn' | 'info' | 'debug') => (detail: object, event: string) => {
    if (LEVELS.indexOf(at) > LEVELS.indexOf(level)) return
    logger ??= open(level)
    logger[at](detail, event)
  }
  return { warn: writer('warn'), info: writer('info'), debug: writer('debug') }
}

function open(level: LogLevel): Pino.Logger {
  const { destination, pino } = createRequire(import.meta.url)('pino') as typeof Pino
  return pino(
    {
      level,
      redact: SECRETS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination({ dest: STANDARD_ERROR, sync: true }),
  )
}
