/** As a source's binary payload comes: `\x` and two digits a byte. */
const BYTES = /^\\x((?:[0-9a-f]{2})*)$/

/** The hexadecimal digits of a binary payload; null: it is a text. */
export function binaryDigits(payload: string): string | null {
  return BYTES.exec(payload)?.[1] ?? null
}

export interface HexLine {
  /** Of its first byte, eight hexadecimal digits. */
  readonly offset: string
  readonly bytes: string
  /** Printable ASCII; a dot for everything else. */
  readonly text: string
}

export function hexLine(digits: string, line: number, bytesPerLine: number): HexLine {
  const from = line * bytesPerLine
  const pairs = digits.slice(from * 2, (from + bytesPerLine) * 2).match(/../g) ?? []
  return {
    offset: from.toString(16).padStart(8, '0'),
    bytes: pairs.join(' '),
    text: pairs.map(printable).join(''),
  }
}

/** All lines of bytes, one below the other: for what is short enough to be drawn whole. */
export function hexDump(digits: string, bytesPerLine: number): string {
  const lines = Math.ceil(digits.length / 2 / bytesPerLine)
  return Array.from({ length: lines }, (_, index) => {
    const { offset, bytes, text } = hexLine(digits, index, bytesPerLine)
    return `${offset}  ${bytes.padEnd(bytesPerLine * 3 - 1)}  ${text}`
  }).join('\n')
}

/** Bytes as lines without offsets, so that two of them can be compared line by line. */
export function hexText(digits: string): string {
  return (digits.match(/.{1,32}/g) ?? []).map((line) => line.replace(/..(?=.)/g, '$& ')).join('\n')
}

function printable(pair: string): string {
  const code = Number.parseInt(pair, 16)
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.'
}
