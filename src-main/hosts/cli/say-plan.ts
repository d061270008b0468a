import type { PlanView, PlanWarning } from '../../../src-preload/contract/plans.ts'
import { readableId } from '../../domain/readable-id.ts'

/** What a plan says beside its numbers. */
export type PlanRemarks = Pick<PlanView, 'dryRun' | 'evidence' | 'skipped' | 'skippedByCode' | 'warnings'>

/** What a person should know of a plan before saying yes, a line each. */
export function* planLines(plan: PlanRemarks): Generator<string> {
  const { dryRun, skipped, skippedByCode, warnings } = plan
  for (const { key, count, exists } of dryRun.byDestination.groups) {
    const missing = exists === false ? ' (does not exist)' : ''
    yield `${count} to ${key.exchange}/${key.routingKey}${missing}`
  }
  for (const { key, count } of dryRun.byCause.groups) yield `${count} failed with: ${key ?? '-'}`
  yield* evidenceLines(plan)
  for (const { code, count } of skippedByCode) yield `left out: ${count} (${code})`
  for (const { id, code } of skipped) yield `  ${id} (${code})`
  for (const warning of warnings) yield `attention: ${sentenceOf(warning)}`
  if (dryRun.estimateSec !== null) yield `about ${dryRun.estimateSec} s at full speed`
}

function evidenceLines({ evidence }: Pick<PlanView, 'evidence'>): readonly string[] {
  if (evidence === null) return []
  const { where, consumed, notSeen, unknown, included } = evidence
  if (where === null) return ['consumed already: unknown, no evidence is mapped for this source']
  const skipped = included === null ? 'skipped' : `sent again, because: ${included}`
  const open = unknown.map(({ reason, count }) => `${count} unknown (${reason})`)
  return [
    `evidence of ${where}:`,
    `  ${consumed} were probably consumed already: ${skipped}`,
    `  ${[`${notSeen} not seen within retention`, ...open].join(', ')}`,
  ]
}

function sentenceOf(warning: PlanWarning): string {
  switch (warning.code) {
    case 'order-broken':
      return `${readableId(warning.id)} of chain ${warning.chainKey}: the later message ${readableId(warning.laterSentId)} was sent already`
    case 'exchange-missing':
      return `${warning.count} go to the exchange "${warning.exchange}", which does not exist`
    case 'maybe-sent':
      return `${warning.count} were in flight: their relay may have sent them without writing it down`
    case 'consumed-included':
      return `${warning.count} were consumed already and are sent again`
    case 'evidence-unreachable':
      return `${warning.count} may have been consumed already: nobody could be asked (${warning.problem})`
  }
}
