import type { RouteLocationRaw } from 'vue-router'

/** Where a message of a job is shown: the inbox of its source, or the page of dead letters that it was redriven from. */
export function itemPlace(source: string, id: string): RouteLocationRaw {
  return source.includes('/')
    ? { name: 'dead-letters', query: { queue: source } }
    : { name: 'inbox', query: { source, id } }
}
