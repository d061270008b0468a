import { RedriveError } from '../../domain/errors.ts'
import type { ColumnForms, Mapping } from '../../domain/mapping/mapping.ts'
import { say } from '../../domain/text.ts'

/** Zones of time that the mapping names, each once, settings put in. */
export function zonesOf(mapping: Mapping): ReadonlySet<string> {
  const forms: readonly (ColumnForms | undefined)[] = [
    mapping.columns,
    ...Object.values(mapping.companions ?? {}).map(({ columns }) => columns),
  ]
  const zones = forms.flatMap((columns) =>
    Object.values(columns ?? {}).flatMap((form) =>
      'time' in form && form.zone !== undefined ? [form.zone] : [],
    ),
  )
  return new Set(
    zones.map((zone) =>
      typeof zone === 'string' ? zone : String(mapping.settings?.[zone.setting] ?? 'UTC'),
    ),
  )
}

/** A zone that nobody knows would make every time null, and no row old. */
export function zoneUnknown(zone: string): RedriveError {
  return new RedriveError('mapping-invalid', 'never', {
    at: 'columns',
    problem: say('fault.zone-unknown', { zone }),
  })
}
