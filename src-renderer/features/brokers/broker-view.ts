import type { BrokerConnection } from '../../../src-preload/contract/connections.ts'

/** What of a broker is shown. */
export type BrokerView = 'queues' | 'topics' | 'groups'

export function viewsOf({ driver }: BrokerConnection): readonly [BrokerView, ...BrokerView[]] {
  return driver === 'kafka' ? ['topics', 'groups'] : ['queues']
}
