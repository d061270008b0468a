import { existsSync, readFileSync } from 'node:fs'
import { appendFile, rename, truncate, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { openHttpCalls } from '../../adapters/http-calls/http-calls.ts'
import type { Head } from '../../domain/journal-check.ts'
import { usageError } from '../common/failure.ts'

const TIMEOUT_MS = 30_000
const ANSWER_BYTES_MAX = 10_000
const CONFLICT = 409

const head = z.object({ seq: z.number().int().positive(), hash: z.string() })
const marks = z.record(z.string(), head)

/** Where entries are handed on to: in order, each one again where it is not known whether it arrived. */
export interface Receiver {
  /** The last entry that is known to have arrived. */
  reached(): Promise<Head | null>
  /** Lines of JSON, each with its line feed. Throws `usage` where they were not taken. */
  take(lines: readonly string[], last: Head): Promise<'taken' | 'gap'>
}

/** A file that is only ever appended to: its last line is the mark. A line that a crash cut is written anew. */
export function fileReceiver(path: string): Receiver {
  return {
    async reached() {
      if (!existsSync(path)) return null
      const text = readFileSync(path, 'utf8')
      const whole = text.slice(0, text.lastIndexOf('\n') + 1)
      if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole))
      const line = whole.trimEnd().split('\n').at(-1) ?? ''
      if (line === '') return null
      try {
        return head.parse(JSON.parse(line))
      } catch (error) {
        throw usageError(`${path} holds something else than a forwarded journal.`, { cause: error })
      }
    },
    async take(lines) {
      await appendFile(path, lines.join(''), { mode: 0o600, flush: true }).catch((error: unknown) => {
        throw usageError(`${path} cannot be written (${String(error)}).`, { cause: error })
      })
      return 'taken'
    },
  }
}

export interface CollectorOptions {
  readonly url: string
  readonly token: string | null
  /** Where it is noted what has arrived. */
  readonly marksFile: string
}

/** Where it is noted how far a receiver has come that cannot be asked. */
export function keptMarks(file: string, receiver: string) {
  const known = (): z.infer<typeof marks> =>
    existsSync(file) ? marks.parse(JSON.parse(readFileSync(file, 'utf8'))) : {}
  return {
    reached: (): Head | null => known()[receiver] ?? null,
    async note(last: Head): Promise<void> {
      const next = `${file}.${process.pid}.new`
      await writeFile(next, JSON.stringify({ ...known(), [receiver]: last }), { mode: 0o600, flush: true })
      await rename(next, file)
    },
  }
}

/** POSTs lines of JSON. 2xx: they arrived; 409: the collector misses something before them. */
export function httpReceiver({ url, token, marksFile }: CollectorOptions, signal: AbortSignal): Receiver {
  const calls = openHttpCalls()
  const kept = keptMarks(marksFile, url)
  return {
    reached: async () => kept.reached(),
    async take(lines, last) {
      const request = {
        method: 'POST' as const,
        url,
        headers: { 'content-type': 'application/x-ndjson' },
        body: lines.join(''),
        ...(token === null ? {} : { auth: { bearer: { value: '' } } }),
        secret: () => Promise.resolve(token),
        timeoutMs: TIMEOUT_MS,
        answerBytesMax: ANSWER_BYTES_MAX,
      }
      const reply = await calls.call(request, signal)
      if (!reply.ok) throw usageError(`The collector was not reached: ${reply.failure.reason}.`)
      const { status } = reply.answer
      if (status === CONFLICT) return 'gap'
      if (status < 200 || status > 299) throw usageError(`The collector answered ${status}.`)
      await kept.note(last)
      return 'taken'
    },
  }
}
