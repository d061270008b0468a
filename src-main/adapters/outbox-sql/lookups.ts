import type { Companion } from '../../domain/mapping/mapping.ts'
import type { MappingPredicate } from '../../domain/mapping/values.ts'
import { catalogueOf } from './frame.ts'
import type { Frame } from './frame.ts'

/** `from … where …` of a companion's rows that belong to the outbox's row. The frame is within the companion. */
export function sourceOfCompanion(
  { on }: Companion,
  where: MappingPredicate | undefined,
  frame: Frame,
): string {
  const { dialect, condition } = frame.world
  const { schema, table } = catalogueOf(frame.world, frame.companion)
  const conditions = [on, ...(where === undefined ? [] : [where])].map((one) => condition(one, frame))
  return `from ${dialect.quote(schema)}.${dialect.quote(table)} ${frame.alias} where ${conditions.join(' and ')}`
}
