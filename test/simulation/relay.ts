import { publish } from '../../src-main/ports/broker.ts'
import type { SimRow } from './sim-table.ts'
import type { World } from './world.ts'
import { stream } from './scenario.ts'

const ROWS_MAX = 5
const PAUSE_MS = 1_500
const DEAD_MS = 20_000
const LEASE_MS = 120_000
const ATTEMPTS_MAX = 3

/**
 * The service's own relay on the same outbox: takes what is pending, publishes, marks, and knows nothing of Redrive. It
 * may die between any two of these; one that retakes also takes rows that have been in flight for longer than its lease.
 */
export async function runRelay(world: World): Promise<void> {
  const { scenario, time, table, broker, trace, relayExcuses } = world
  if (!scenario.relay) return
  const { dies, retakes } = scenario.relay
  const random = stream(scenario.seed, 'relay')
  const connection = broker.connect('relay')
  const never = new AbortController().signal
  const excuse = (message: string): unknown => relayExcuses.set(message, (relayExcuses.get(message) ?? 0) + 1)
  const who = (action: string) => ({ by: 'relay', action })

  const isDue = ({ columns }: SimRow): boolean => {
    const next = columns['next_attempt_at'] ?? null
    if (columns['status'] === 'pending') return next === null || Number(next) <= table.nowMs()
    return (
      retakes && columns['status'] === 'sending' && Number(columns['updated_at']) < table.nowMs() - LEASE_MS
    )
  }
  const claim = (row: SimRow): SimRow => {
    if (row.columns['status'] === 'sending') excuse(String(row.columns['message_id']))
    const attempts = Number(row.columns['attempts']) + 1
    return table.write(row, { status: 'sending', attempts, updated_at: table.nowMs() }, who('take'))
  }
  const mark = (claimed: SimRow, to: 'sent' | 'failed' | 'pending'): boolean => {
    const row = table.row(claimed.id)
    if (row?.columns['status'] !== 'sending' || row.columns['attempts'] !== claimed.columns['attempts'])
      return false
    const backoffMs = to === 'pending' ? table.nowMs() + 5_000 : null
    table.write(
      row,
      { status: to, last_error: null, next_attempt_at: backoffMs, updated_at: table.nowMs() },
      who(to),
    )
    return true
  }
  /** False: it died on the way. */
  const deliver = async (claimed: SimRow): Promise<boolean> => {
    const message = table.message(claimed)
    if (random.chance(dies)) return false
    const publisher = await connection.openPublisher(never).catch(() => null)
    if (!publisher) return mark(claimed, 'pending') || true
    const { messageId, type, destination } = message
    const outgoing = { messageId, type, destination, ...message.content, redriveHeaders: {} }
    const { outcome } = await publish(publisher, outgoing, never)
    await publisher.close()
    const died = random.chance(dies)
    const last = message.attempts >= ATTEMPTS_MAX
    await time.sleep(random.next() * 20)
    const marked = !died && mark(claimed, outcome === 'confirmed' ? 'sent' : last ? 'failed' : 'pending')
    if (outcome === 'unknown' || (outcome === 'confirmed' && !marked)) excuse(messageId)
    return !died
  }
  while (!world.calm) {
    await time.sleep(random.next() * PAUSE_MS)
    for (const claimed of table.rows().filter(isDue).slice(0, ROWS_MAX).map(claim)) {
      if (await deliver(claimed)) continue
      trace.line('relay', 'dies')
      await time.sleep(random.next() * DEAD_MS)
      break
    }
  }
}
