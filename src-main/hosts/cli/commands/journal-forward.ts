import { join } from 'node:path'
import { entryLine } from '../../../domain/journal-export.ts'
import type { Head } from '../../../domain/journal-check.ts'
import { usageError } from '../../common/failure.ts'
import type { Command, CommandContext, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { fileReceiver, httpReceiver } from '../forwarding.ts'
import type { Receiver } from '../forwarding.ts'
import { SYSLOG_URL, syslogReceiver } from '../forwarding-syslog.ts'

/** Entries that are handed on at a time. */
const PAGE = 500
const MARKS_FILE = 'redrive.db.journal-forwarded'

interface Forwarded {
  readonly count: number
  readonly gapAt: number | null
}

export const journalForward: Command = {
  words: ['journal', 'forward'],
  summary: 'Hands new entries on to a file, an HTTP collector or syslog, in order; a gap is noticed',
  operands: [],
  options: {
    to: {
      kind: 'text',
      value: 'FILE|URL',
      help: 'a file to append to, http(s)://… that takes lines of JSON, or syslog://, syslog+tls://, syslog+udp://HOST:PORT',
    },
    ca: { kind: 'text', value: 'FILE', help: 'authority of the certificate of a syslog+tls receiver' },
    token: {
      kind: 'text',
      value: 'NAME',
      help: 'the environment variable with the bearer token of the collector',
    },
  },
  async run(context) {
    const { engine, output } = context
    const receiver = receiverOf(context)
    const { count, gapAt } = await forward(await engine(), receiver, context.signal)
    output.object({ type: 'forwarded', entries: count, gapAt }, { entries: count, gapAt })
    if (gapAt === null) return EXIT.done
    output.remark(
      `What stands there does not fit entry ${gapAt} of this journal: one of the two lacks entries or was changed. Nothing more was handed on.`,
    )
    return EXIT.attention
  },
}

function receiverOf({ args, globals, signal }: CommandContext): Receiver {
  const to = args.required('to')
  const marksFile = join(globals.dataDir, MARKS_FILE)
  if (SYSLOG_URL.test(to)) return syslogReceiver({ url: to, caFile: args.text('ca'), marksFile }, signal)
  if (!/^https?:\/\//.test(to)) return fileReceiver(to)
  const name = args.text('token')
  const token = name === null ? null : (process.env[name] ?? '')
  if (token === '') throw usageError(`The variable ${String(name)} is not set.`)
  return httpReceiver({ url: to, token, marksFile }, signal)
}

async function forward(client: EngineClient, receiver: Receiver, signal: AbortSignal): Promise<Forwarded> {
  const reached = await receiver.reached()
  // What was handed on last must still be here, as it was.
  if (reached !== null && !(await holds(client, reached))) return { count: 0, gapAt: reached.seq }
  let cursor = reached?.seq ?? 0
  for (let count = 0; ;) {
    signal.throwIfAborted()
    const { entries } = await client.journal.list({ order: 'oldest', cursor, limit: PAGE })
    const last = entries.at(-1)
    if (last === undefined) return { count, gapAt: null }
    const taken = await receiver.take(
      entries.map((entry) => `${entryLine(entry)}\n`),
      { seq: last.seq, hash: last.hash },
    )
    if (taken === 'gap') return { count, gapAt: entries[0]?.seq ?? cursor }
    cursor = last.seq
    count += entries.length
  }
}

async function holds(client: EngineClient, { seq, hash }: Head): Promise<boolean> {
  const { entries } = await client.journal.list({ order: 'oldest', cursor: seq - 1, limit: 1 })
  return entries[0]?.seq === seq && entries[0].hash === hash
}
