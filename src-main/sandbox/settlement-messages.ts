import { money, serviceHeaders } from './draft.ts'
import type { Draft } from './draft.ts'
import type { Random } from './random.ts'

export const MERCHANTS = 12
export const SETTLEMENT_KEY = 'payments.settlement'
/** Settlements of one merchant have to stay in order: a relay holds back what follows a failure. */
export const ORDERED_CHAIN_PREFIX = 'merchant-'

export function settlementMessage(random: Random, merchant: number, at: number): Draft {
  const gross = random.int(120_000, 4_800_000)
  const fee = Math.round(gross * 0.019)
  const type = 'SettlementClosed'
  return {
    chainKey: `${ORDERED_CHAIN_PREFIX}${String(merchant).padStart(3, '0')}`,
    messageId: `settlementclosed-${random.uuid()}`,
    exchange: 'payments',
    routingKey: SETTLEMENT_KEY,
    type,
    payload: {
      merchantId: `merchant-${String(merchant).padStart(3, '0')}`,
      closedAt: new Date(at).toISOString(),
      payments: random.int(3, 240),
      gross: money(gross),
      fee: money(fee),
      net: money(gross - fee),
      currency: 'EUR',
    },
    headers: serviceHeaders(random, { service: 'settlements', type, schema: 1 }),
    createdAt: at,
    dueAt: null,
  }
}
