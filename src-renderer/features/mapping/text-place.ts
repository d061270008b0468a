import { jsonLanguage } from '@codemirror/lang-json'

type Tree = ReturnType<typeof jsonLanguage.parser.parse>
type Node = Tree['topNode']

/** The line, from 1, on which a place of the mapping (`states[0].when`) stands in its JSON; the nearest above it. */
export function lineOf(text: string, at: string): number {
  let node = jsonLanguage.parser.parse(text).topNode.firstChild
  let from = 0
  for (const step of stepsOf(at)) {
    const next: Node | null = node === null ? null : below(node, step, text)
    if (next === null) break
    from = next.from
    node = next.name === 'Property' ? next.lastChild : next
  }
  return text.slice(0, from).split('\n').length
}

function stepsOf(at: string): readonly (string | number)[] {
  return at
    .split('.')
    .flatMap((part) => [...part.matchAll(/^[^[]+|\[(\d+)\]/g)])
    .map(([name, index]) => (index === undefined ? name : Number(index)))
}

function below(node: Node, step: string | number, text: string): Node | null {
  if (typeof step === 'number') return values(node)[step] ?? null
  return (
    node.getChildren('Property').find((property) => {
      const name = property.firstChild
      return name !== null && text.slice(name.from, name.to) === JSON.stringify(step)
    }) ?? null
  )
}

/** Elements of an array, without its brackets and commas. */
function values(array: Node): readonly Node[] {
  const found: Node[] = []
  for (let one = array.firstChild; one !== null; one = one.nextSibling) {
    if (/^[A-Z]/.test(one.name)) found.push(one)
  }
  return found
}
