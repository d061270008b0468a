import type { Deviation } from './deviation.ts'
import type { ChainFinding, ChainNumbers, FindingKind } from './finding.ts'

/**
 * What is wrong with one chain, from all its deviations in the order of ids.
 *
 * Between two deviations each message names the one before it, so those runs need no look: they have one predecessor and
 * one successor each, and a cycle is a walk from run to run.
 */
export function judgeChain(deviations: readonly Deviation[], numbers: ChainNumbers): readonly ChainFinding[] {
  if (numbers !== 'linked') return deviations.flatMap((one) => judgeNumber(one, numbers))
  const runs = runsOf(deviations)
  const own = new Set(runs.starts.map(({ id }) => id))
  // A first message that does not deviate is the head.
  let headed = deviations[0]?.before !== null
  const findings: ChainFinding[] = []
  for (const one of deviations) {
    if (one.before === one.id) {
      findings.push(found('duplicate', one))
    } else if (one.previousId === null) {
      if (headed) findings.push(found('orphan-head', one))
      headed = true
    } else {
      findings.push(...judgeLink({ ...one, previousId: one.previousId }, runs, own))
    }
  }
  return findings.sort(byId)
}

type Linked = Deviation & { readonly previousId: string }

function judgeLink(one: Linked, runs: Runs, own: ReadonlySet<string>): readonly ChainFinding[] {
  const { id, previousId, firstUser, firstUserAbove } = one
  const findings: ChainFinding[] = []
  const isFirst = firstUser === null || firstUser === id
  if (!one.previousExists && isFirst) findings.push(found('missing', one))
  if (one.previousExists && BigInt(previousId) >= BigInt(id)) {
    findings.push(found(closesCycle(one, runs) ? 'cycle' : 'disorder', one))
  }
  if (!isFirst) findings.push(found('fork', one))
  // The message right behind the predecessor names it as it should, so it is no deviation: the fork is told here.
  const next = firstUserAbove
  if (isFirst && one.previousExists && next !== null && next !== id && !own.has(next)) {
    findings.push({ ...found('fork', one), id: next })
  }
  return findings
}

function judgeNumber(one: Deviation, numbers: ChainNumbers): readonly ChainFinding[] {
  if (one.before === one.id) return [found('duplicate', one)]
  if (numbers === 'growing' || one.before === null) return []
  const from = BigInt(one.before) + 1n
  const to = BigInt(one.id) - 1n
  return [{ ...found('missing', one), previousId: String(from), missingTo: from === to ? null : String(to) }]
}

function found(kind: FindingKind, { chain, id, previousId }: Deviation): ChainFinding {
  return { kind, chain, id, previousId, missingTo: null, hole: null }
}

interface Runs {
  /** First messages of runs, copies left out, in the order of ids. */
  readonly starts: readonly { readonly id: string; readonly number: bigint; readonly deviation: Deviation }[]
}

function runsOf(deviations: readonly Deviation[]): Runs {
  const starts = deviations
    .filter(({ before, id }) => before !== id)
    .map((deviation) => ({ id: deviation.id, number: BigInt(deviation.id), deviation }))
  return { starts }
}

/** True where the predecessors of a message lead back to it by greater ids only: it is the smallest of its cycle. */
function closesCycle({ id, previousId }: Linked, { starts }: Runs): boolean {
  const smallest = BigInt(id)
  let at = BigInt(previousId)
  // A cycle passes each run once; a walk that has passed as many has entered one that this message is not part of.
  for (let steps = 0; steps <= starts.length; steps += 1) {
    const start = startOf(starts, at)
    if (start === null) return false
    if (start.number === smallest) return true
    const { previousId: next, previousExists } = start.deviation
    if (next === null || !previousExists || BigInt(next) < smallest) return false
    at = BigInt(next)
  }
  return false
}

/** The last run that begins at or before `at`. */
function startOf(starts: Runs['starts'], at: bigint): Runs['starts'][number] | null {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const start = starts[middle]
    if (start !== undefined && start.number <= at) low = middle + 1
    else high = middle
  }
  return starts[low - 1] ?? null
}

function byId(a: ChainFinding, b: ChainFinding): number {
  const difference = BigInt(a.id) - BigInt(b.id)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
