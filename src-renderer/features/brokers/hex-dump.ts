const LINE_BYTES = 16
const OFFSET_DIGITS = 6

/** Bytes as lines of sixteen: where they are, their numbers, and what is printable of them. */
export function hexDump(hex: string): string {
  const bytes = hex.match(/../g) ?? []
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = bytes.slice(at, at + LINE_BYTES)
    const text = line.map((byte) => printable(Number.parseInt(byte, 16))).join('')
    const place = at.toString(16).padStart(OFFSET_DIGITS, '0')
    lines.push(`${place}  ${line.join(' ').padEnd(LINE_BYTES * 3 - 1)}  ${text}`)
  }
  return lines.join('\n')
}

function printable(code: number): string {
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.'
}
