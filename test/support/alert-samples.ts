import { NO_SUMS } from '../../src-main/domain/sample.ts'
import type { BrokerSample, SourceSample, TroubleLevel } from '../../src-main/domain/sample.ts'

const none: TroubleLevel = { count: 0, atLeast: false, oldestSec: null }

/** A source in which nothing is wrong but what is said. */
export function sourceSample(
  levels: Partial<NonNullable<SourceSample['levels']>>,
  more: Partial<SourceSample> = {},
): SourceSample {
  return {
    kind: 'source',
    name: 'orders',
    atMs: 1_000_000,
    levels: { stuck: none, failed: none, unconfirmed: none, ...levels },
    code: null,
    unsettled: { count: 0, oldestSec: null },
    sums: NO_SUMS,
    sweep: 'none',
    checkBack: 'none',
    ...more,
  }
}

export function brokerSample(state: BrokerSample['state'], atMs = 1_000_000): BrokerSample {
  return {
    kind: 'broker',
    name: 'rabbit',
    atMs,
    state,
    code: state === 'connected' ? null : 'connection-lost',
  }
}
