import { inertText } from '../../src-preload/contract/inert-text.ts'

/** `m-88123…f0e1`: both ends of an id tell it apart, its middle does not. Cuts between whole characters. */
export function cutMiddle(text: string, charsMax: number): string {
  const readable = inertText(text)
  const chars = [...readable]
  if (chars.length <= charsMax) return readable
  const head = Math.ceil((charsMax - 1) / 2)
  const tail = charsMax - 1 - head
  return `${chars.slice(0, head).join('')}…${chars.slice(chars.length - tail).join('')}`
}
