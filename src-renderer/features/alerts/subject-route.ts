import type { RouteLocationRaw } from 'vue-router'
import type { Alert } from '../../../src-preload/contract/alerts.ts'

/** Where one looks into what an alert is about. */
export function subjectRoute({
  subject: { kind, name },
  when,
}: Pick<Alert, 'subject' | 'when'>): RouteLocationRaw {
  if (kind === 'broker') return { name: 'brokers', query: { broker: name } }
  switch (when.measure) {
    case 'count':
    case 'oldest':
      return when.trouble === 'unknown'
        ? { name: 'unknown', query: { source: name } }
        : { name: 'inbox', query: { source: name, q: `trouble:${when.trouble}` } }
    case 'failure-rate':
      return { name: 'jobs' }
    case 'stopped':
      return { name: 'sweeps' }
    case 'source-silent':
    case 'broker-silent':
      return { name: 'connections' }
  }
}
