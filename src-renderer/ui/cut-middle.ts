/** `m-88123…f0e1`: both ends of an id tell it apart, its middle does not. Cuts between whole characters. */
export function cutMiddle(text: string, charsMax: number): string {
  const chars = [...text]
  if (chars.length <= charsMax) return text
  const head = Math.ceil((charsMax - 1) / 2)
  const tail = charsMax - 1 - head
  return `${chars.slice(0, head).join('')}…${chars.slice(chars.length - tail).join('')}`
}
