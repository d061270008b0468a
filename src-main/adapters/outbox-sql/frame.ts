import { RedriveError } from '../../domain/errors.ts'
import { say } from '../../domain/text.ts'
import type { ColumnForm, ColumnForms, Companion, Mapping } from '../../domain/mapping/mapping.ts'
import type { Bound, MappingPredicate } from '../../domain/mapping/values.ts'
import { nameOf } from './catalogue.ts'
import type { Catalogue, Catalogues, Column } from './catalogue.ts'
import type { Clock, Dialect } from './dialect.ts'
import type { Params } from './statement.ts'

/** The outbox's row in every statement. */
export const ALIAS = 't'

/** Where a condition or a value is being compiled to. */
export interface Frame {
  readonly world: World
  readonly params: Params
  /** Companion whose columns `column` names; null: the outbox's row. */
  readonly companion: string | null
  readonly alias: string
  readonly bind: (is: Bound) => string
}

/** What is the same for all statements of one outbox. */
export interface World {
  readonly dialect: Dialect
  readonly mapping: Mapping
  readonly catalogues: Catalogues
  /** Compiles a condition; here, because values have conditions in them and conditions values. */
  readonly condition: (of: MappingPredicate, frame: Frame) => string
}

export function rowFrame(world: World, params: Params, bind: (is: Bound) => string = noBinding): Frame {
  return { world, params, companion: null, alias: ALIAS, bind }
}

/** Within a companion's own row. */
export function companionFrame(frame: Frame, companion: string): Frame {
  const depth = frame.companion === null ? 1 : Number(frame.alias.slice(1)) + 1
  return { ...frame, companion, alias: `x${depth}` }
}

function noBinding(is: Bound): never {
  throw new RedriveError('internal', 'never', { reason: `a condition cannot use the ${is}` })
}

export function companionOf({ mapping }: World, name: string): Companion {
  const found = mapping.companions?.[name]
  if (found !== undefined) return found
  throw new RedriveError('mapping-invalid', 'never', {
    at: 'companions',
    problem: say('fault.no-companion', { name }),
  })
}

export function settingOf({ mapping }: World, name: string): string | number {
  const found = mapping.settings?.[name]
  if (found !== undefined) return found
  throw new RedriveError('mapping-invalid', 'never', {
    at: 'settings',
    problem: say('fault.no-setting', { name }),
  })
}

export function catalogueOf({ catalogues }: World, companion: string | null): Catalogue {
  if (companion === null) return catalogues.own
  return catalogues.companions.get(companion) ?? catalogues.own
}

export function knownColumn(catalogue: Catalogue, name: string): Column {
  const known = catalogue.columns.get(name)
  if (known !== undefined) return known
  throw new RedriveError('column-missing', 'never', { table: nameOf(catalogue), columns: name })
}

/** A column of a scope with all that is known of it. */
export interface ColumnTarget {
  readonly name: string
  readonly sql: string
  readonly type: string
  readonly form: ColumnForm | null
  readonly collation?: string
  /** For the same value and the same type one parameter is enough. */
  readonly use: string
}

export function columnTarget(frame: Frame, name: string, own = false): ColumnTarget {
  const companion = own ? null : frame.companion
  const alias = own ? ALIAS : frame.alias
  const { type, name: known, collation } = knownColumn(catalogueOf(frame.world, companion), name)
  const forms: ColumnForms =
    (companion === null ? frame.world.mapping.columns : companionOf(frame.world, companion).columns) ?? {}
  return {
    name,
    sql: `${alias}.${frame.world.dialect.quote(known)}`,
    type,
    form: Object.hasOwn(forms, name) ? (forms[name] ?? null) : null,
    use: companion === null ? name : `${companion}.${name}`,
    ...(collation === undefined ? {} : { collation }),
  }
}

/** How the times of a column are written. Throws `mapping-invalid` where neither its type nor the mapping tells. */
export function clockOf(target: ColumnTarget, { world, params }: Frame): Clock {
  const { form, type, name } = target
  if (form !== null && 'time' in form) {
    const zone = typeof form.zone === 'object' ? String(settingOf(world, form.zone.setting)) : form.zone
    return { form: form.time, zone: zone === undefined ? null : params.add(world.dialect.zone(zone), 'zone') }
  }
  const own = world.dialect.timeOfType(type)
  if (own !== null && own !== 'unzoned') return { form: own, zone: null }
  throw new RedriveError('mapping-invalid', 'never', {
    at: `columns: ${name}`,
    problem: own === 'unzoned' ? say('fault.unzoned', { type }) : say('fault.no-time', { type }),
  })
}

/** The column, null where it holds one of the values that mean none. */
export function withoutNone(target: ColumnTarget, { world, params }: Frame): string {
  const none = target.form !== null && 'time' in target.form ? (target.form.none ?? []) : []
  // A layout that came from MySQL: what PostgreSQL cannot hold stands in no row of it.
  const possible = none.filter((value) => world.dialect.name === 'mysql' || !/^0000-/.test(String(value)))
  return possible.reduce<string>(
    (sql, value) => world.dialect.without(sql, params.add(String(value), target.use)),
    target.sql,
  )
}
