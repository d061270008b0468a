import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import { RedriveError } from '../../domain/errors.ts'
import { holdsMask, maskRules } from '../../domain/masking.ts'
import type { MaskingConfig, MaskRules } from '../../domain/masking.ts'
import { say } from '../../domain/text.ts'
import type { Workspace } from '../../domain/workspace.ts'
import type { Connections } from '../connections/connections.ts'
import type { EnginePorts } from '../engine-ports.ts'

/** A view of the same message by the same operator is journalled again only after so long: pages ask again and again. */
export const VIEWED_AGAIN_MS = 10 * 60_000
/** Views that a process has in mind for that; the oldest is forgotten, and journalled again. */
const VIEWS_REMEMBERED_MAX = 10_000

/** What somebody looks at. */
export interface PayloadView {
  /** A source, or a queue or topic as `broker/queue`. */
  readonly place: string
  readonly what: 'message' | 'dead-letter' | 'record' | 'records' | 'plan-item' | 'plan-file' | 'parked'
  readonly id: string
  readonly messageId: string | null
  /** Plan that it belongs to; null: none. */
  readonly plan: string | null
}

/** What is not shown of payloads, and who was shown them. Payloads leave the engine through its rules only. */
export interface Masking {
  /** Null: nothing is masked. Throws `source-unknown`, `broker-unknown`. */
  rules(place: string): Promise<MaskRules | null>
  /** Before it is shown. In production only, and not where the workspace says otherwise. */
  viewed(view: PayloadView): Promise<void>
  /** Before it is shown, always. */
  unmasked(view: PayloadView, reason: string): Promise<void>
  /** Throws `payload-masked` where a text to send holds a mask in the place of a value. */
  requireWhole(place: string, text: string): Promise<void>
  /** Throws `payload-masked` where the file of a plan would show what is masked and nobody gave a reason for it. */
  requireFile(place: string, plan: string, reason: string | null): Promise<void>
}

export function createMasking(ports: EnginePorts, connections: Connections): Masking {
  const seen = new Map<string, number>()
  const append = (action: 'payload-viewed' | 'payload-unmasked', view: PayloadView, more: object) => {
    const { place, what, id, messageId, plan } = view
    return ports.journal.append({
      action,
      operator: ports.operator(),
      source: place,
      subject: plan,
      detail: { what, id, messageId, ...more },
    })
  }
  /** Once in a while: not for every time that a page asks. */
  async function now(key: string, write: () => Promise<unknown>): Promise<void> {
    const nowMs = ports.clock.now().getTime()
    const before = seen.get(key)
    if (before !== undefined && Math.abs(nowMs - before) < VIEWED_AGAIN_MS) return
    await write()
    seen.delete(key)
    seen.set(key, nowMs)
    const [oldest] = seen.keys()
    if (seen.size > VIEWS_REMEMBERED_MAX && oldest !== undefined) seen.delete(oldest)
  }
  const rules = async (place: string): Promise<MaskRules | null> =>
    maskRules(configsOf(await connections.workspace(), place, await connections.environment(place)))

  return {
    rules,
    async viewed(view) {
      if ((await connections.environment(view.place)) !== 'production') return
      if ((await connections.workspace()).masking?.journalViews === false) return
      await now(keyOf('viewed', view, ports.operator()), () => append('payload-viewed', view, {}))
    },
    async unmasked(view, reason) {
      await append('payload-unmasked', view, { reason })
    },
    async requireWhole(place, text) {
      if (!holdsMask(text) || (await rules(place)) === null) return
      throw refusal(place, 'masked.edited')
    },
    async requireFile(place, plan, reason) {
      if ((await rules(place)) === null) return
      if (reason === null) throw refusal(place, 'masked.plan-file')
      const view = { place, what: 'plan-file', id: plan, messageId: null, plan } as const
      // A file is read page by page, and is one act.
      await now(`${keyOf('file', view, ports.operator())} ${reason}`, () =>
        append('payload-unmasked', view, { reason }),
      )
    },
  }
}

/** Of a broker also what is masked where its messages come from: they are the same messages. */
function configsOf(
  { sources, brokers, masking }: Workspace,
  place: string,
  environment: 'development' | 'staging' | 'production',
): readonly (MaskingConfig | undefined)[] {
  const ofAll = masking?.environments ?? {}
  const queue = deadLetterPlace(place)
  if (queue === null) return [ofAll[environment], sources[place]?.masking]
  const senders = Object.values(sources).filter(({ deliver }) => deliver?.broker === queue.broker)
  return [
    ofAll[environment],
    brokers[queue.broker]?.masking,
    ...senders.flatMap((sender) => [ofAll[sender.environment], sender.masking]),
  ]
}

function keyOf(act: string, { place, what, id, plan }: PayloadView, operator: string): string {
  return JSON.stringify([act, operator, place, what, id, plan])
}

function refusal(source: string, why: 'masked.edited' | 'masked.plan-file'): RedriveError {
  return new RedriveError('payload-masked', 'never', { source, reason: say(why) })
}
