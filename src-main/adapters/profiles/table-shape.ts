import type { ColumnForm } from '../../domain/mapping/mapping.ts'

/** What the catalogue tells of a table: all that a detection may look at. */
export interface TableShape {
  readonly schema: string
  readonly table: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Sets of columns that identify a row. */
  readonly keys: readonly (readonly string[])[]
}

/** Frameworks write one name as `OutboxId`, `outbox_id` and `outboxid`, whatever the naming rule of the project is. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '')
}

/** What can be stored in a column, as far as that tells one layout from another. */
export type Kind = 'number' | 'text' | 'time' | 'boolean' | 'json' | 'bytes' | 'uuid' | 'array' | 'other'

const KINDS: readonly (readonly [RegExp, Kind])[] = [
  [/\[\]$/, 'array'],
  // MySQL has no boolean of its own.
  [/^(bool|bit$|bit\(1\)|tinyint\(1\))/, 'boolean'],
  [
    /^(tiny|small|medium|big)?int|^(integer|numeric|decimal|real|double|float|serial|bigserial|oid)/,
    'number',
  ],
  [/^(timestamp|datetime|date)/, 'time'],
  [/^json/, 'json'],
  [/^(bytea|(tiny|medium|long)?blob|(var)?binary)/, 'bytes'],
  [/^uuid/, 'uuid'],
  [/^(character|char|varchar|n?text|"char"|citext|name|(long|medium|tiny)text|enum|set)/, 'text'],
]

/** A type of the server's own making, an enumeration for example, is `other`: it is compared as text. */
export function kindOf(type: string): Kind {
  return KINDS.find(([pattern]) => pattern.test(type.toLowerCase()))?.[1] ?? 'other'
}

/** Kinds in which a time of this form can be kept. */
export function kindsOfTime(form: ColumnForm | undefined): readonly Kind[] {
  if (form === undefined || !('time' in form)) return ['time']
  if (form.time === 'epoch-s' || form.time === 'epoch-ms') return ['number']
  return form.time === 'iso' ? ['text'] : ['time']
}
