import type { LocationQuery, RouteLocationRaw } from 'vue-router'
import { parseQuery } from '../query.ts'
import type { ViewFields } from './triage.ts'

const GROUPINGS = ['type', 'error', 'destination'] as const

/** Where a view is looked at. */
export function addressOf({ query, source, grouping, order }: ViewFields): RouteLocationRaw {
  return {
    name: 'inbox',
    query: { ...(source === null ? {} : { source }), q: query, order, by: grouping },
  }
}

/** The view that an address of the inbox shows. `source`: that of the bar. */
export function viewOf(address: LocationQuery, source: string | null): ViewFields {
  const text = (name: string): string => (typeof address[name] === 'string' ? address[name] : '')
  const query = text('q')
  return {
    query,
    source: parseQuery(query).scope === null ? source : null,
    grouping: GROUPINGS.find((one) => one === text('by')) ?? 'type',
    order: text('order') === 'oldest' ? 'oldest' : 'newest',
  }
}

export function sameView(one: ViewFields, other: ViewFields): boolean {
  return one.query === other.query && one.source === other.source && one.order === other.order
}
