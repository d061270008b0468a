import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { DATAGRAM_BYTES_MAX, sendSyslog } from '../../adapters/syslog/syslog.ts'
import type { SyslogPlace } from '../../adapters/syslog/syslog.ts'
import type { JournalEntry } from '../../domain/journal.ts'
import { syslogMessage } from '../../domain/syslog.ts'
import { usageError } from '../common/failure.ts'
import { keptMarks } from './forwarding.ts'
import type { Receiver } from './forwarding.ts'

const SCHEMES = { 'syslog:': 'tcp', 'syslog+tls:': 'tls', 'syslog+udp:': 'udp' } as const
const PORTS = { tcp: 601, tls: 6_514, udp: 514 } as const
export const SYSLOG_URL = /^syslog(\+tls|\+udp)?:\/\//

export interface SyslogOptions {
  /** syslog://host:port (TCP), syslog+tls:// or syslog+udp://. */
  readonly url: string
  /** File with the authority of the receiver's certificate. */
  readonly caFile: string | null
  readonly marksFile: string
}

/** What was sent last is noted here: an entry that does not follow it is told, and the receiver can tell by number and hash. */
export function syslogReceiver({ url, caFile, marksFile }: SyslogOptions, signal: AbortSignal): Receiver {
  const place = placeOf(url, caFile)
  const marks = keptMarks(marksFile, url)
  return {
    reached: async () => marks.reached(),
    async take(lines, last) {
      const bytesMax = place.transport === 'udp' ? DATAGRAM_BYTES_MAX : undefined
      const messages = lines.map((line) => messageOf(line.trimEnd(), bytesMax))
      await sendSyslog(place, messages, signal).catch((error: unknown) => {
        signal.throwIfAborted()
        const problem = error instanceof Error ? error.message : String(error)
        throw usageError(`The syslog receiver did not take the entries: ${problem}.`, { cause: error })
      })
      await marks.note(last)
      return 'taken'
    },
  }
}

function messageOf(text: string, bytesMax: number | undefined): string {
  const { seq, at, action, hash, previousHash } = JSON.parse(text) as JournalEntry
  const facts = { seq: String(seq), hash, previous: previousHash }
  return syslogMessage({ at, host: hostname(), pid: process.pid, messageId: action, facts, text }, bytesMax)
}

function placeOf(text: string, caFile: string | null): SyslogPlace {
  const url = URL.canParse(text) ? new URL(text) : null
  const transport = SCHEMES[url?.protocol as keyof typeof SCHEMES]
  if (url === null || transport === undefined || url.hostname === '')
    throw usageError(`"${text}" is no address of a syslog receiver, as syslog://logs.internal:601 is.`)
  if (caFile !== null && transport !== 'tls') throw usageError('--ca belongs to syslog+tls://.')
  return {
    transport,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[transport] : Number(url.port),
    ca: caFile === null ? null : readCa(caFile),
  }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw usageError(`${file} cannot be read.`, { cause: error })
  }
}
