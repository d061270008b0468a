/** Characters of an edited payload: one call carries it, over every host's line. */
export const EDITED_CHARS_MAX = 2_000_000
/** Characters of one line of a plan file: an item with its edited payload, escaped. */
export const FILE_LINE_CHARS_MAX = 2 * EDITED_CHARS_MAX
/** Lines of a plan file that one call carries. */
export const FILE_LINES_MAX = 1_000
/** Characters of one call: a line of its own may be longer, many short ones together may not. */
export const PIECE_CHARS_MAX = 1_000_000

/** A line that no plan has: whatever this file is, it is not read on. */
export class PlanLineTooLong extends Error {
  /** Its number in the file. */
  readonly line: number

  constructor(line: number) {
    super(`line ${line}: longer than ${FILE_LINE_CHARS_MAX} characters`)
    this.line = line
  }
}

/**
 * A plan file as it is imported: its first line alone, then lines by the call, in order and without empty ones. `text` is
 * the file in pieces of any size; no more than one line and one call of it are ever held. Throws PlanLineTooLong.
 */
export async function* planPieces(text: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
  let waiting: string[] = []
  let chars = 0
  let isHeader = true
  for await (const line of linesOf(text)) {
    if (line.trim() === '') continue
    if (isHeader) {
      isHeader = false
      yield [line]
      continue
    }
    if (waiting.length === FILE_LINES_MAX || (chars > 0 && chars + line.length > PIECE_CHARS_MAX)) {
      yield waiting
      waiting = []
      chars = 0
    }
    waiting.push(line)
    chars += line.length
  }
  if (waiting.length > 0) yield waiting
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  let number = 0
  for await (const part of text) {
    const lines = (rest + part).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      number += 1
      if (line.length > FILE_LINE_CHARS_MAX) throw new PlanLineTooLong(number)
      yield line.endsWith('\r') ? line.slice(0, -1) : line
    }
    if (rest.length > FILE_LINE_CHARS_MAX) throw new PlanLineTooLong(number + 1)
  }
  if (rest !== '') yield rest
}
