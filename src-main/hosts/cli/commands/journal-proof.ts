import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readVerifyingKey } from '../../../adapters/signing-ed25519/verifying-key.ts'
import { checkpointLine, createExportCheck, endLine, entryLine } from '../../../domain/journal-export.ts'
import type { JournalVerdict } from '../../../domain/journal.ts'
import type { Head } from '../../../domain/journal-check.ts'
import type { JournalCheckpoint } from '../../../../src-preload/contract/journal.ts'
import { usageError } from '../../common/failure.ts'
import type { Arguments } from '../arguments.ts'
import type { Command, EngineClient } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Output } from '../output.ts'
import { reasonOption } from '../options.ts'
import { noteSeen, readSeen } from '../seen-heads.ts'

const PAGE = 1_000
const HEAD = /^(\d{1,15}):([0-9a-f]{64})$/

export const journalVerify: Command = {
  words: ['journal', 'verify'],
  summary: 'Finds any change, deletion, insertion or reordering in the journal, or in an export of it',
  operands: [],
  optionalOperand: 'FILE',
  options: {
    key: { kind: 'list', value: 'PUBKEYFILE', help: 'who may have signed; for an export it is needed' },
    head: { kind: 'text', value: 'SEQ:HASH', help: 'an entry that you noted: the journal must hold it' },
    seen: { kind: 'text', value: 'FILE', help: 'notes the head in FILE, and demands the one noted before' },
  },
  async run({ args, engine, output, signal }) {
    const file = args.operands[0] ?? null
    const keys = await readKeys(args.list('key'))
    const seen = args.text('seen')
    const heads = [...headOf(args), ...(seen === null ? [] : await readSeen(seen))]
    let verdict: JournalVerdict
    if (file === null) {
      const client = await engine()
      const known = { keys: keys.map(({ pem }) => pem), heads: heads.map((head) => ({ ...head })) }
      verdict = await client.journal.verify(known, { signal })
    } else {
      if (keys.length === 0) throw usageError('--key is missing: without it anybody could have written FILE.')
      verdict = await verifyFile(file, { keys: keys.map(({ key }) => key), heads }, signal)
    }
    if (verdict.intact && seen !== null) {
      await noteSeen(seen, { seq: verdict.entries, hash: verdict.headHash })
    }
    return say(verdict, output)
  },
}

function say(verdict: JournalVerdict, output: Output): ExitCode {
  if (!verdict.intact) {
    output.object({ type: 'verdict', ...verdict }, { ...verdict })
    output.remark(
      'This is not the journal as Redrive wrote it. Keep a copy of what you have; compare it with your last export.',
    )
    return EXIT.attention
  }
  const { signed, ...plain } = verdict
  const told = { signedBy: signed?.by.join(', ') ?? 'nobody', checkpoints: signed?.checkpoints ?? 0 }
  output.object({ type: 'verdict', ...plain, signed }, { ...plain, ...told })
  if (plain.entries > 0 && !output.json)
    output.remark(`Note it elsewhere: ${plain.entries}:${plain.headHash}`)
  return EXIT.done
}

function headOf(args: Arguments): readonly Head[] {
  const given = args.text('head')
  if (given === null) return []
  const match = HEAD.exec(given)
  if (match === null) throw usageError('--head takes the number of an entry and its hash, as SEQ:HASH.')
  return [{ seq: Number(match[1]), hash: String(match[2]) }]
}

async function readKeys(files: readonly string[]) {
  return Promise.all(
    files.map(async (file) => {
      const pem = await readFile(file, 'utf8').catch((error: unknown) => {
        throw usageError(`The key ${file} cannot be read (${String(error)}).`, { cause: error })
      })
      const key = readVerifyingKey(pem)
      if (key !== null) return { pem, key }
      throw usageError(`${file} is no public key: "redrive journal key --out FILE" writes one.`)
    }),
  )
}

async function verifyFile(
  file: string,
  known: Parameters<typeof createExportCheck>[0],
  signal: AbortSignal,
): Promise<JournalVerdict> {
  const check = createExportCheck(known)
  const text = createReadStream(file, { encoding: 'utf8', signal })
  try {
    // Only a line feed ends a line: what a text may hold otherwise stays in it.
    let rest = ''
    for await (const chunk of text) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) check.line(line)
    }
    if (rest !== '') check.line(rest)
    return check.finish()
  } catch (error) {
    if (signal.aborted) throw error
    throw usageError(`${file} cannot be read (${String(error)}).`, { cause: error })
  }
}

export const journalKey: Command = {
  words: ['journal', 'key'],
  summary: 'The public key that verifies the journal of this installation, and its fingerprint',
  operands: [],
  options: { out: { kind: 'text', value: 'FILE', help: 'a new file to write it to' } },
  async run({ args, engine, output }) {
    const { key } = await (await engine()).journal.key({})
    if (key === null) throw usageError('Nobody signs here.')
    const out = args.text('out')
    if (out === null && !output.json) output.raw(key.publicKey.trimEnd())
    if (out !== null) {
      await writeFile(out, key.publicKey, { flag: 'wx' }).catch((error: unknown) => {
        throw usageError(`The key cannot be written to ${out} (${String(error)}).`, { cause: error })
      })
    }
    const { fingerprint, kept } = key
    if (out !== null || output.json)
      output.object({ type: 'key', ...key, file: out }, { fingerprint, kept, file: out })
    else output.remark(`Fingerprint ${fingerprint}; the private half is in ${PLACES[kept]}.`)
    return EXIT.done
  },
}

export const journalAcceptClock: Command = {
  words: ['journal', 'accept-clock'],
  summary: 'The clock is right now and was ahead before: entries may be written again',
  operands: [],
  options: { reason: reasonOption },
  async run({ args, engine, output }) {
    const reason = args.required('reason')
    const { entry } = await (await engine()).journal.acceptClock({ reason })
    output.object({ type: 'accepted', ...entry }, { seq: entry.seq, at: entry.at, reason })
    return EXIT.done
  },
}

const PLACES = { keychain: 'the key store of this system', file: 'a file that its owner alone can read' }

export const journalExport: Command = {
  words: ['journal', 'export'],
  summary: 'The whole journal with its signatures, one JSON object a line, the oldest first',
  operands: [],
  options: { out: { kind: 'text', value: 'FILE', help: 'a new file to write; standard output without it' } },
  async run({ args, engine, output }) {
    const out = args.text('out')
    const client = await engine()
    if (out === null) {
      for await (const line of exportLines(client)) {
        if (output.closed()) break
        output.raw(line)
      }
      return EXIT.done
    }
    let count = 0
    const lines = async function* (): AsyncGenerator<string> {
      for await (const line of exportLines(client)) {
        if (!line.startsWith('{"type":')) count += 1
        yield `${line}\n`
      }
    }
    // An export is evidence: it never replaces one that exists.
    await pipeline(Readable.from(lines()), createWriteStream(out, { flags: 'wx' })).catch(
      (error: unknown) => {
        if (error instanceof Error && 'syscall' in error) {
          throw usageError(`The journal cannot be written to ${out} (${error.message}).`, { cause: error })
        }
        throw error
      },
    )
    output.object({ type: 'export', file: out, entries: count }, { file: out, entries: count })
    return EXIT.done
  },
}

/** Entries up to the signed end; each checkpoint behind the entry that it covers. */
async function* exportLines(client: EngineClient): AsyncGenerator<string> {
  const { seal } = await client.journal.seal({})
  const waiting: JournalCheckpoint[] = [...(seal?.checkpoints ?? [])]
  let cursor: number | null = 0
  while (cursor !== null) {
    const page: Awaited<ReturnType<EngineClient['journal']['list']>> = await client.journal.list({
      order: 'oldest',
      cursor,
      limit: PAGE,
    })
    for (const entry of page.entries) {
      if (seal !== null && entry.seq > seal.end.seq) break
      yield entryLine(entry)
      while (waiting[0]?.seq === entry.seq) yield checkpointLine(waiting.shift() as JournalCheckpoint)
    }
    cursor = seal !== null && (page.nextCursor ?? 0) >= seal.end.seq ? null : page.nextCursor
  }
  // Of entries that are not there (any more): whoever verifies shall see it.
  for (const checkpoint of waiting) yield checkpointLine(checkpoint)
  if (seal !== null) yield endLine(seal.end)
}
