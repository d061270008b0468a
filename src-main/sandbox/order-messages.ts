import { carriers, customers, paymentMethods, products, warehouses } from './catalogue.ts'
import { DAY, HOUR, MINUTE, money, serviceHeaders } from './draft.ts'
import type { Draft, JsonValue } from './draft.ts'
import type { Random } from './random.ts'

type OrderStep =
  'placed' | 'paid' | 'shipped' | 'delivered' | 'cancelled' | 'refunded' | 'gift-card' | 'points' | 'review'

export interface Order {
  readonly number: string
  readonly customer: (typeof customers)[number]
  readonly lines: readonly {
    readonly sku: string
    readonly title: string
    readonly quantity: number
    readonly unitCents: number
  }[]
  readonly totalCents: number
  readonly warehouse: (typeof warehouses)[number]
  readonly carrier: string
  readonly payment: string
}

export interface DueStep {
  readonly order: Order
  readonly step: OrderStep
  readonly at: number
}

const LINES_MAX = 4
/** Above what a JSON number can hold exactly: whoever parses it as one shows another reference. */
const LEDGER_REFERENCE_START = 9_007_199_254_740_993n
/** Reviews are asked for this long after delivery; until then the message is scheduled. */
const REVIEW_DELAY_MS = 2 * DAY

const routes: Readonly<
  Record<OrderStep, { readonly type: string; readonly exchange: string; readonly service: string }>
> = {
  placed: { type: 'OrderPlaced', exchange: 'orders', service: 'checkout' },
  paid: { type: 'OrderPaid', exchange: 'payments', service: 'payments' },
  shipped: { type: 'OrderShipped', exchange: 'shipments', service: 'warehouse' },
  delivered: { type: 'OrderDelivered', exchange: 'shipments', service: 'warehouse' },
  cancelled: { type: 'OrderCancelled', exchange: 'orders', service: 'checkout' },
  refunded: { type: 'RefundIssued', exchange: 'payments', service: 'payments' },
  'gift-card': { type: 'GiftCardIssued', exchange: 'orders', service: 'checkout' },
  points: { type: 'PointsEarned', exchange: 'loyalty', service: 'loyalty' },
  review: { type: 'ReviewRequested', exchange: 'orders', service: 'engagement' },
}

export function newOrder(random: Random, number: number): Order {
  const lines = Array.from({ length: random.int(1, LINES_MAX) }, () => {
    const { sku, title, cents } = random.pick(products)
    return { sku, title, quantity: random.int(1, 3), unitCents: cents }
  })
  return {
    number: `O-${number}`,
    customer: random.pick(customers),
    lines,
    totalCents: lines.reduce((sum, line) => sum + line.quantity * line.unitCents, 0),
    warehouse: random.pick(warehouses),
    carrier: random.pick(carriers),
    payment: random.pick(paymentMethods),
  }
}

/** Everything that will happen to an order. `pace` 1 is the pace of a real shop; smaller is faster. */
export function stepsOf(random: Random, order: Order, placedAt: number, pace: number): DueStep[] {
  const steps: { step: OrderStep; at: number }[] = [{ step: 'placed', at: placedAt }]
  const after = (min: number, max: number): number => random.int(min, max) * pace
  const paidAt = placedAt + after(MINUTE, 20 * MINUTE)
  if (random.chance(0.07)) {
    const cancelledAt = placedAt + after(2 * MINUTE, 3 * HOUR)
    steps.push({ step: 'cancelled', at: cancelledAt })
    if (random.chance(0.6)) {
      steps.push({ step: 'paid', at: Math.min(paidAt, cancelledAt - 1) })
      steps.push({ step: 'refunded', at: cancelledAt + after(MINUTE, 30 * MINUTE) })
    }
  } else {
    const shippedAt = paidAt + after(HOUR, 9 * HOUR)
    const deliveredAt = shippedAt + after(8 * HOUR, 30 * HOUR)
    steps.push({ step: 'paid', at: paidAt }, { step: 'shipped', at: shippedAt })
    steps.push({ step: 'delivered', at: deliveredAt })
    if (random.chance(0.12)) steps.push({ step: 'gift-card', at: paidAt + after(MINUTE, 5 * MINUTE) })
    if (random.chance(0.12)) steps.push({ step: 'points', at: paidAt + after(MINUTE, 9 * MINUTE) })
    if (random.chance(0.12)) steps.push({ step: 'review', at: deliveredAt + after(MINUTE, 2 * MINUTE) })
  }
  return steps.sort((a, b) => a.at - b.at).map((each) => ({ order, ...each }))
}

export function orderMessage(random: Random, { order, step, at }: DueStep): Draft {
  const { type, exchange, service } = routes[step]
  return {
    chainKey: order.number,
    messageId: `${type.toLowerCase()}-${random.uuid()}`,
    exchange,
    routingKey: routingKey(order, step),
    type,
    payload: payload(random, { order, step, at }),
    headers: serviceHeaders(random, { service, type, schema: 2 }),
    createdAt: at,
    dueAt: step === 'review' ? at + REVIEW_DELAY_MS : null,
  }
}

function routingKey(order: Order, step: OrderStep): string {
  switch (step) {
    case 'placed':
      return 'orders.placed'
    case 'cancelled':
      return 'orders.cancelled'
    case 'review':
      return 'orders.review'
    case 'gift-card':
      return 'giftcards.issued'
    case 'paid':
      return 'payments.captured'
    case 'refunded':
      return 'payments.refunded'
    case 'shipped':
      return `shipments.${order.warehouse}.dispatched`
    case 'delivered':
      return `shipments.${order.warehouse}.delivered`
    case 'points':
      return 'points.earned'
  }
}

function payload(random: Random, { order, step, at }: DueStep): JsonValue {
  const common = { orderId: order.number, occurredAt: new Date(at).toISOString() }
  const amount = { amount: money(order.totalCents), currency: order.customer.currency }
  switch (step) {
    case 'placed':
      return {
        ...common,
        customer: { name: order.customer.name, city: order.customer.city, country: order.customer.country },
        lines: order.lines.map(({ sku, title, quantity, unitCents }) => ({
          sku,
          title,
          quantity,
          unitPrice: money(unitCents),
        })),
        total: amount,
      }
    case 'paid':
    case 'refunded':
      return {
        ...common,
        ...amount,
        method: order.payment,
        ledgerReference: LEDGER_REFERENCE_START + BigInt(random.int(1, 1_000_000)),
      }
    case 'shipped':
    case 'delivered':
      return {
        ...common,
        warehouse: order.warehouse,
        carrier: order.carrier,
        trackingNumber: random.hex(12).toUpperCase(),
        address: { name: order.customer.name, city: order.customer.city, country: order.customer.country },
      }
    case 'cancelled':
      return { ...common, reason: random.pick(['customer-request', 'payment-failed', 'out-of-stock']) }
    case 'gift-card':
      return {
        ...common,
        cardId: `GC-${random.hex(8).toUpperCase()}`,
        value: random.pick([25, 50, 100]),
        currency: order.customer.currency,
      }
    case 'points':
      return {
        ...common,
        points: Math.floor(order.totalCents / 100),
        tier: random.pick(['银', '金', 'silver', 'gold']),
      }
    case 'review':
      return { ...common, customer: { name: order.customer.name }, skus: order.lines.map((line) => line.sku) }
  }
}
