import type { AuditFinding, ChainBlock } from '../../../src-preload/contract/audits.ts'

/** A box of the drawn chain: a message, or a place where one is missing. */
export interface ChainNode {
  readonly key: string
  readonly kind: 'block' | 'hole'
  readonly id: string
  /** Of several missing in a row, the last. */
  readonly to: string | null
  readonly prevId: string | null
  readonly message: ChainBlock['message']
  /** How often it stands in the chain. */
  readonly copies: number
  /** What the audit says of it. */
  readonly findings: readonly AuditFinding[]
  /** Key of the node that it follows; null: none, or it is not in view. */
  readonly parent: string | null
  /** It names a predecessor that is not drawn. */
  readonly hasUnseenParent: boolean
  /** 0: the chain; a branch of a fork lies below. */
  readonly lane: number
}

/** Branches that are drawn one below the other; more of them share the last. */
const LANES_MAX = 3

export const blockKey = (id: string): string => `block ${id}`
export const holeKey = (id: string): string => `hole ${id}`

type Draft = { -readonly [K in keyof ChainNode]: ChainNode[K] }

/** Blocks in the order of their ids become nodes: copies fold into one, a hole stands before what misses it. */
export function nodesOf(
  blocks: readonly ChainBlock[],
  findings: readonly AuditFinding[],
): readonly ChainNode[] {
  const byId = Map.groupBy(findings, ({ id }) => id)
  const nodes: Draft[] = []
  for (const block of blocks) {
    const before = nodes.at(-1)
    if (before?.kind === 'block' && before.id === block.id) {
      before.copies += 1
      continue
    }
    const said = byId.get(block.id) ?? []
    const hole = holeBefore(block, said, before)
    if (hole !== null && !nodes.some(({ key }) => key === hole.key)) nodes.push(hole)
    nodes.push({
      key: blockKey(block.id),
      kind: 'block',
      id: block.id,
      to: null,
      prevId: block.prevId,
      message: block.message,
      copies: 1,
      findings: said.filter(({ kind }) => kind !== 'missing'),
      parent: hole?.key ?? null,
      hasUnseenParent: false,
      lane: 0,
    })
  }
  link(nodes, blocks)
  return nodes
}

function holeBefore(
  block: ChainBlock,
  said: readonly AuditFinding[],
  before: Draft | undefined,
): Draft | null {
  if (block.link !== 'gap') return null
  const missing = said.filter(({ kind }) => kind === 'missing')
  const bare = block.prevId === null
  if (bare && before === undefined) return null
  const id = block.prevId ?? missing[0]?.prevId ?? String(BigInt(before?.id ?? '0') + 1n)
  const to = bare ? (missing[0]?.missingTo ?? String(BigInt(block.id) - 1n)) : null
  return {
    key: holeKey(id),
    kind: 'hole',
    id,
    to: to === id ? null : to,
    prevId: null,
    message: null,
    copies: 1,
    findings: missing,
    parent: before?.key ?? null,
    hasUnseenParent: false,
    lane: 0,
  }
}

/** Finds what each node follows, and the lane that it lies in: a second child of one parent opens a branch. */
function link(nodes: readonly Draft[], blocks: readonly ChainBlock[]): void {
  const known = new Map(nodes.map((node) => [node.key, node]))
  const bare = blocks.every(({ prevId }) => prevId === null)
  const firstChildren = new Map<string, string>()
  for (const [at, node] of nodes.entries()) {
    if (node.kind === 'block' && node.parent === null) follow(node, bare ? nodes[at - 1] : null, known)
    const parent = node.parent === null ? undefined : known.get(node.parent)
    if (parent === undefined) continue
    const branches = firstChildren.has(parent.key) && node.kind === 'block'
    const earlier = nodes.indexOf(parent) < at
    if (earlier) node.lane = Math.min(LANES_MAX - 1, parent.lane + (branches ? 1 : 0))
    if (!firstChildren.has(parent.key)) firstChildren.set(parent.key, node.key)
  }
}

/** `neighbour`: the one before it, where no block names its predecessor; null: the named one. */
function follow(node: Draft, neighbour: Draft | null | undefined, known: ReadonlyMap<string, Draft>): void {
  const named = node.prevId === null ? undefined : known.get(blockKey(node.prevId))
  const parent = neighbour === null ? named : neighbour
  node.parent = parent?.key ?? null
  node.hasUnseenParent = node.prevId !== null && named === undefined
}
