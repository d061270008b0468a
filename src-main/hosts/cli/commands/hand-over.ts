import { usageError } from '../../common/failure.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

const HOURS_FIRST = 8
const UNITS_HOURS: Readonly<Record<string, number>> = { m: 1 / 60, h: 1, d: 24 }

export const handOver: Command = {
  words: ['hand-over'],
  summary: 'Writes what is open and what was done, for whoever comes next, as Markdown',
  operands: [],
  options: {
    since: { kind: 'text', value: '8h', help: 'how far back: 30m, 8h, 2d (default 8h)' },
    language: { kind: 'text', value: 'en', help: 'en or zh-CN (default en)' },
  },
  async run({ args, engine, output, signal }) {
    const sinceHours = hoursOf(args.text('since'))
    const language = args.choice('language', ['en', 'zh-CN']) ?? 'en'
    const client = await engine()
    const written = await client.handOver.write({ sinceHours, language }, { signal })
    output.record(written)
    output.line(written.text.trimEnd())
    // A source that did not answer may hide anything.
    return written.silent.length === 0 ? EXIT.done : EXIT.attention
  },
}

function hoursOf(text: string | null): number {
  if (text === null) return HOURS_FIRST
  const match = /^(\d{1,6})([mhd])$/.exec(text)
  const hours = Number(match?.[1]) * (UNITS_HOURS[match?.[2] ?? ''] ?? Number.NaN)
  if (!(hours > 0)) throw usageError('--since must be like 30m, 8h or 2d.')
  return hours
}
