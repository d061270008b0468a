import type { Mapping } from '../domain/mapping/mapping.ts'
import type { MappingProblem } from '../domain/mapping/problems.ts'
import type { SourceConfig } from '../domain/workspace.ts'

/** Faults told of one mapping; more would not be read. */
export const MAPPING_PROBLEMS_MAX = 50

/** Mappings as people write them. */
export interface MappingTexts {
  /** Every fault with its place, at most MAPPING_PROBLEMS_MAX; none: it is a mapping. Never throws. */
  problems(data: unknown): readonly MappingProblem[]
  /** Throws RedriveError `mapping-invalid`. */
  parse(data: unknown): Mapping
  /** What a source brings itself; null: its profile says it. Throws `mapping-invalid`, `workspace-invalid`. */
  ofSource(config: SourceConfig): Promise<Mapping | null>
}
