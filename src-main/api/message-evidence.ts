import type { MessageEvidence } from '../../src-preload/contract/evidence.ts'
import type { Shown } from '../app/evidence/evidence.ts'
import { unknownEvidence } from '../domain/evidence.ts'

/** One message of those that were asked for. */
export function messageEvidence({ where, problem, found }: Shown, at: number): MessageEvidence {
  return { ...(found[at] ?? unknownEvidence('not-mapped')), where, problem }
}
