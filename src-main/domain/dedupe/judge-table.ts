import { say } from '../text.ts'
import type { DedupeFinding } from './finding.ts'
import type { TableFacts, UniqueIndex } from './facts.ts'

/** Of a table: whether it refuses the second proof of a message, and keeps the first one. */
export function judgeTable(facts: TableFacts): readonly DedupeFinding[] {
  return [judgeUnique(facts), ...judgeDoubled(facts), ...judgeBuild(facts)]
}

/** The server refuses the second proof of a message, without any but. */
export function refusesDoubles(facts: TableFacts): boolean {
  return judgeUnique(facts).state === 'ok'
}

function judgeUnique({ build, ids, pinned }: TableFacts): DedupeFinding {
  const { table } = build
  const finding = (state: DedupeFinding['state'], says: DedupeFinding['says']): DedupeFinding => ({
    check: 'unique',
    state,
    says,
  })
  if (build.kind === 'view') return finding('unknown', say('dedupe.view', { table }))
  if (ids === null) return finding('unknown', say('dedupe.condition', { table }))
  const columns = ids.join(', ')
  const known = new Set([...ids, ...pinned])
  const fitting = build.uniques.filter(({ columns: own }) => touches(own, ids) && own.every(isIn(known)))
  const [best] = [...fitting].sort((a, b) => defects(a) - defects(b))
  if (best !== undefined) return judgeFitting(best, finding)
  const wider = build.uniques.find(({ columns: own }) => touches(own, ids) && !own.includes(null))
  if (wider !== undefined) {
    const more = wider.columns.filter((column) => column !== null && !known.has(column)).join(', ')
    return finding('broken', say('dedupe.unique-wider', { index: wider.name, columns, more }))
  }
  const expression = build.uniques.find(({ columns: own }) => own.includes(null))
  return expression === undefined
    ? finding('broken', say('dedupe.unique-none', { table, columns }))
    : finding('unknown', say('dedupe.unique-expression', { index: expression.name, columns }))
}

function judgeFitting(
  { name: index, columns, partial, valid, deferred, cutAt }: UniqueIndex,
  finding: (state: DedupeFinding['state'], says: DedupeFinding['says']) => DedupeFinding,
): DedupeFinding {
  if (!valid) return finding('broken', say('dedupe.unique-invalid', { index }))
  if (partial) return finding('broken', say('dedupe.unique-partial', { index }))
  if (cutAt !== null) return finding('weak', say('dedupe.unique-cut', { index, length: cutAt }))
  if (deferred) return finding('weak', say('dedupe.unique-deferred', { index }))
  return finding('ok', say('dedupe.unique', { index, columns: columns.join(', ') }))
}

function touches(own: UniqueIndex['columns'], ids: readonly string[]): boolean {
  return own.some((column) => column !== null && ids.includes(column))
}

function isIn(known: ReadonlySet<string>): (column: string | null) => boolean {
  return (column) => column !== null && known.has(column)
}

/** The one that protects best comes first. */
function defects({ valid, partial, cutAt, deferred }: UniqueIndex): number {
  return Number(!valid) * 8 + Number(partial) * 4 + Number(cutAt !== null) * 2 + Number(deferred)
}

function judgeDoubled({ sample }: TableFacts): readonly DedupeFinding[] {
  if (sample === null || sample.doubled === 0) return []
  const { doubled, proofs } = sample
  return [{ check: 'doubled', state: 'broken', says: say('dedupe.doubled', { doubled, proofs }) }]
}

function judgeBuild({ build }: TableFacts): readonly DedupeFinding[] {
  const { table, emptiedBy, transactions } = build
  const engine = build.engine ?? '-'
  const found: DedupeFinding[] = []
  if (emptiedBy === 'crash')
    found.push({ check: 'kept', state: 'broken', says: say('dedupe.crash', { table }) })
  if (emptiedBy === 'restart')
    found.push({ check: 'kept', state: 'broken', says: say('dedupe.restart', { table, engine }) })
  if (!transactions && emptiedBy === null)
    found.push({ check: 'kept', state: 'weak', says: say('dedupe.no-transactions', { table, engine }) })
  return found
}
