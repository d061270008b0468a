import type { Writable } from 'node:stream'
import { inertLines } from '../../../src-preload/contract/inert-text.ts'
import { explain } from '../../../src-preload/contract/explain.ts'
import type { ErrorData } from '../../../src-preload/contract/errors.ts'
import { spoken } from './spoken.ts'
import { renderFields, renderTable } from './table.ts'
import type { Cell, Column } from './table.ts'

/** Anything that JSON can write. */
export type JsonRecord = Readonly<Record<string, unknown>>

/**
 * Results on standard output: for programs one JSON object a line, for people a table. Remarks on standard error. Neither
 * carries a character that drives a terminal: what is stored in an outbox is nobody's command.
 */
export interface Output {
  readonly json: boolean
  /** True once the reader went away (`| head`): stop listing, but finish what was begun. */
  closed(): boolean
  list<T extends object>(rows: readonly T[], columns: readonly Column<T>[]): void
  /** One object; people see `fields` instead where they are given. */
  object(record: JsonRecord, fields?: Readonly<Record<string, Cell>>): void
  /** For programs only. */
  record(record: JsonRecord): void
  /** One line for both. */
  raw(text: string): void
  /** For people only. */
  line(text: string): void
  readonly remark: (text: string) => void
  readonly failure: (error: ErrorData) => void
}

export interface Streams {
  readonly stdout: Writable
  readonly stderr: Writable
}

export function createOutput({ stdout, stderr }: Streams, json: boolean): Output {
  let gone = false
  // A reader that has seen enough is no failure, and must not end a job half way.
  stdout.on('error', () => (gone = true))
  stderr.on('error', () => undefined)
  const print = (text: string): void => {
    if (!gone) stdout.write(`${inertLines(text)}\n`)
  }
  const tell = (text: string): void => void stderr.write(`${inertLines(text)}\n`)
  const printLine = (text: string): void => {
    if (!json) print(text)
  }
  const printRecord = (record: JsonRecord): void => {
    if (json) print(JSON.stringify(spoken(record)))
  }

  return {
    json,
    closed: () => gone,
    list(rows, columns) {
      if (json) rows.forEach((row) => print(JSON.stringify(spoken(row))))
      else renderTable(rows, columns).forEach(print)
    },
    object(record, fields) {
      printRecord(record)
      if (!json && fields !== undefined) renderFields(fields).forEach(print)
    },
    record: printRecord,
    raw: print,
    line: printLine,
    remark: tell,
    failure(error) {
      const { what, means, next } = explain(error.code, error.detail)
      printRecord({ type: 'error', ...error, message: what })
      if (!json) tell(`redrive: ${what}\n${means}\n${next}`)
    },
  }
}
