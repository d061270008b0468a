import type { Evidence } from '../../src-main/domain/evidence.ts'

/** Of each the verdict, or why there is none. */
export function evidenceTold(found: readonly Evidence[]): readonly string[] {
  return found.map(({ verdict, reason }) => reason ?? verdict)
}
