import type { ChainFinding, Hole } from './finding.ts'

/** A finding in one sentence, as reports and the command line print it. */
export function sayFinding(finding: ChainFinding): string {
  const { kind, chain, id, previousId, missingTo, hole } = finding
  const of = `chain ${chain}`
  switch (kind) {
    case 'missing': {
      const what =
        missingTo === null
          ? `Message ${previousId ?? '-'} is missing before ${id} in ${of}`
          : `Messages ${previousId ?? '-'} to ${missingTo} are missing before ${id} in ${of}`
      return hole === null ? `${what}.` : `${what}: ${sayHole(hole)}.`
    }
    case 'fork':
      return `Message ${id} of ${of} has the predecessor ${previousId ?? '-'}, which an earlier message has already.`
    case 'disorder':
      return `Message ${id} of ${of} names the predecessor ${previousId ?? '-'}, whose id is not smaller.`
    case 'duplicate':
      return `Message ${id} stands in ${of} once more.`
    case 'orphan-head':
      return `Message ${id} of ${of} names no predecessor, though the chain has a beginning already.`
    case 'cycle':
      return `The predecessors of message ${id} of ${of} lead back to it, through ${previousId ?? '-'}.`
  }
}

function sayHole({ kind, reason, detail }: Hole): string {
  const value = (name: string): string => String(detail[name] ?? '-')
  switch (reason) {
    case 'transaction-open': {
      const wrote = detail['wrote'] === 1 ? 'which has written to this outbox' : 'which could still store it'
      return `in flight, process ${value('pid')} has a transaction open since ${value('since')}, ${wrote}`
    }
    case 'never-deleted':
      return `rolled back, since the counters of the server know of no row that was ever deleted here`
    case 'verified-before':
      return `lost, an earlier audit found everything intact up to ${value('verifiedTo')}, so it was there`
    case 'other-chain':
      return `the message is there, but in chain ${value('chain')}`
    case 'not-from-sequence':
      return `lost, no transaction is open that could store it, and no sequence accounts for the number (last value ${value('last')})`
    case 'burnt-or-deleted':
      return `${kind}, the sequence has handed out the number (last value ${value('last')}) and no transaction is open: it was rolled back, or stored and deleted`
    case 'sequence-hidden':
      return 'unknown, no transaction is open that could store it, and this role may not look at the sequence: it was rolled back, or lost'
    case 'standby':
      return 'unknown, a standby does not see the open transactions of its primary'
    case 'not-settled':
      return 'unknown, the audit ended before open transactions were looked at'
  }
}
