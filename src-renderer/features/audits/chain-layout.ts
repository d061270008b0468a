import type { ChainNode } from './chain-nodes.ts'

export const zooms = ['near', 'middle', 'far'] as const
export type Zoom = (typeof zooms)[number]

interface Measures {
  readonly columnPx: number
  readonly boxPx: number
  readonly boxHeightPx: number
  readonly lanePx: number
}

export const measures: Readonly<Record<Zoom, Measures>> = {
  near: { columnPx: 132, boxPx: 104, boxHeightPx: 66, lanePx: 96 },
  middle: { columnPx: 80, boxPx: 64, boxHeightPx: 42, lanePx: 62 },
  far: { columnPx: 20, boxPx: 13, boxHeightPx: 18, lanePx: 32 },
}

/** Room for the arrows that leap over boxes, above and below. */
const LEAP_PX = 30
const LEAP_PER_COLUMN_PX = 5
const LEAP_MIN_PX = 12
/** How far the chain goes on beyond the picture. */
const STUB_PX = 14

export interface PlacedNode extends ChainNode {
  readonly x: number
  readonly y: number
}

export interface Arrow {
  readonly key: string
  readonly path: string
  /** `back`: to a message with a smaller id. `hole`: through what is missing. `beyond`: out of the picture. */
  readonly kind: 'next' | 'fork' | 'leap' | 'back' | 'hole' | 'beyond'
}

export interface ChainPicture {
  readonly width: number
  readonly height: number
  readonly nodes: readonly PlacedNode[]
  readonly arrows: readonly Arrow[]
}

export interface LayoutOptions {
  readonly zoom: Zoom
  readonly widthPx: number
  /** Key of the node in the middle. */
  readonly focus: string | null
  readonly moreBefore: boolean
  readonly moreAfter: boolean
}

/** Boxes that fit beside one another. */
export function columnsOf(zoom: Zoom, widthPx: number): number {
  return Math.max(1, Math.floor((widthPx - 2 * STUB_PX) / measures[zoom].columnPx))
}

/** Puts the nodes around the focus side by side and joins them with arrows. */
export function layoutChain(all: readonly ChainNode[], options: LayoutOptions): ChainPicture {
  const { columnPx, boxPx, boxHeightPx, lanePx } = measures[options.zoom]
  const columns = columnsOf(options.zoom, options.widthPx)
  const middle = Math.max(
    0,
    all.findIndex(({ key }) => key === options.focus),
  )
  const from = Math.max(0, Math.min(middle - Math.floor(columns / 2), all.length - columns))
  const shown = all.slice(from, from + columns)
  const top = Math.min(0, ...shown.map(({ lane }) => lane))
  const nodes = shown.map((node, at) => ({
    ...node,
    x: STUB_PX + at * columnPx + (columnPx - boxPx) / 2,
    y: LEAP_PX + (node.lane - top) * lanePx,
  }))
  const lanes = 1 + Math.max(0, ...shown.map(({ lane }) => lane - top))
  const beyond = {
    before: from > 0 || options.moreBefore,
    after: from + shown.length < all.length || options.moreAfter,
  }
  return {
    width: nodes.length * columnPx + 2 * STUB_PX,
    height: 2 * LEAP_PX + (lanes - 1) * lanePx + boxHeightPx,
    nodes,
    arrows: [...joins(nodes, options.zoom), ...stubs(nodes, options.zoom, beyond)],
  }
}

function joins(nodes: readonly PlacedNode[], zoom: Zoom): readonly Arrow[] {
  const at = new Map(nodes.map((node, index) => [node.key, index]))
  return nodes.flatMap((node, index) => {
    const parentAt = node.parent === null ? undefined : at.get(node.parent)
    const parent = parentAt === undefined ? undefined : nodes[parentAt]
    if (parentAt === undefined || parent === undefined || parentAt === index) return []
    const arrow = join(parent, node, { zoom, columns: index - parentAt })
    return [{ key: `${parent.key} → ${node.key}`, ...arrow }]
  })
}

function join(
  parent: PlacedNode,
  node: PlacedNode,
  { zoom, columns }: { readonly zoom: Zoom; readonly columns: number },
): Pick<Arrow, 'path' | 'kind'> {
  const { boxPx, boxHeightPx } = measures[zoom]
  const half = boxPx / 2
  const centre = boxHeightPx / 2
  const leapPx = Math.min(LEAP_PX - 4, LEAP_MIN_PX + Math.abs(columns) * LEAP_PER_COLUMN_PX)
  if (columns < 0) {
    const [y1, y2] = [parent.y + boxHeightPx, node.y + boxHeightPx]
    const low = Math.max(y1, y2) + leapPx
    return {
      kind: 'back',
      path: `M${parent.x + half} ${y1}C${parent.x + half} ${low} ${node.x + half} ${low} ${node.x + half} ${y2 + 1}`,
    }
  }
  if (parent.lane !== node.lane) {
    const [x, y] = [parent.x + half, node.y + centre]
    const round = Math.min(8, Math.abs(y - parent.y - boxHeightPx))
    const turn = y > parent.y ? round : -round
    const start = y > parent.y ? parent.y + boxHeightPx : parent.y
    return { kind: 'fork', path: `M${x} ${start}V${y - turn}Q${x} ${y} ${x + round} ${y}H${node.x - 1}` }
  }
  if (columns > 1) {
    const high = parent.y - leapPx
    return {
      kind: 'leap',
      path: `M${parent.x + half} ${parent.y}C${parent.x + half} ${high} ${node.x + half} ${high} ${node.x + half} ${node.y - 1}`,
    }
  }
  const kind = parent.kind === 'hole' || node.kind === 'hole' ? 'hole' : 'next'
  return { kind, path: `M${parent.x + boxPx} ${parent.y + centre}H${node.x - 1}` }
}

/** The chain goes on to the left and to the right. */
function stubs(
  nodes: readonly PlacedNode[],
  zoom: Zoom,
  beyond: { readonly before: boolean; readonly after: boolean },
): readonly Arrow[] {
  const { boxPx, boxHeightPx, columnPx } = measures[zoom]
  const [first, last] = [nodes[0], nodes.at(-1)]
  const gapPx = Math.max(4, (columnPx - boxPx) / 2 + STUB_PX - 4)
  const mid = (node: PlacedNode): number => node.y + boxHeightPx / 2
  const arrows: Arrow[] = []
  if (first !== undefined && beyond.before)
    arrows.push({ key: 'before', kind: 'beyond', path: `M${first.x - gapPx} ${mid(first)}H${first.x - 1}` })
  if (last !== undefined && beyond.after)
    arrows.push({
      key: 'after',
      kind: 'beyond',
      path: `M${last.x + boxPx} ${mid(last)}H${last.x + boxPx + gapPx}`,
    })
  return arrows
}
