import { z } from 'zod'
import { RedriveError } from '../../domain/errors.ts'
import { QUEUES_MAX } from '../../ports/queues.ts'
import type { QueueHead, QueueList, Queues } from '../../ports/queues.ts'
import { askManagement } from './management.ts'
import type { ManagementOptions } from './management.ts'

/** The most that the server gives. */
const PAGE = 500
/** Only these: the rates and samples of each queue would cost the server more than the list. */
const COLUMNS =
  'name,type,messages_ready,messages_unacknowledged,consumers,arguments,policy,effective_policy_definition,state,durable'

const count = z.number().int().nonnegative().nullish()
/** Servers leave out what they have not counted yet. */
const page = z.object({
  page_count: z.number().int(),
  items: z.array(
    z.object({
      name: z.string(),
      type: z.string().nullish(),
      messages_ready: count,
      messages_unacknowledged: count,
      consumers: count,
      arguments: z.record(z.string(), z.unknown()).nullish(),
      policy: z.string().nullish(),
      effective_policy_definition: z.unknown(),
      state: z.string().nullish(),
      durable: z.boolean().nullish(),
    }),
  ),
})
type Item = z.infer<typeof page>['items'][number]

/** Queues of the virtual host, by the management API. */
export function openRabbitQueues(
  options: Omit<ManagementOptions, 'url'> & { readonly url: string | null },
): Queues {
  const { url, address } = options
  return {
    async list(signal) {
      if (url === null) throw new RedriveError('management-missing', 'never', { vhost: address.vhost })
      return await listed({ ...options, url }, signal)
    },
  }
}

async function listed(options: ManagementOptions, signal: AbortSignal): Promise<QueueList> {
  const path = `/api/queues/${encodeURIComponent(options.address.vhost)}`
  const queues: QueueHead[] = []
  let pages = 1
  for (let at = 1; at <= pages && queues.length < QUEUES_MAX; at += 1) {
    const query = `?page=${at}&page_size=${PAGE}&sort=name&columns=${COLUMNS}`
    const answer = page.safeParse(await askManagement(options, path + query, signal))
    if (!answer.success) {
      const detail = { server: new URL(options.url).host, reason: 'the answer is no list of queues' }
      throw new RedriveError('management-absent', 'later', detail)
    }
    queues.push(...answer.data.items.map(queueOf))
    pages = answer.data.page_count
  }
  return {
    queues: queues.slice(0, QUEUES_MAX),
    complete: queues.length <= QUEUES_MAX && pages * PAGE <= QUEUES_MAX,
  }
}

function queueOf({ name, type, state, durable, policy, ...item }: Item): QueueHead {
  const definition = item.effective_policy_definition
  return {
    queue: name,
    type: type ?? 'classic',
    ready: item.messages_ready ?? null,
    unacked: item.messages_unacknowledged ?? null,
    consumers: item.consumers ?? null,
    state: state ?? null,
    durable: durable ?? true,
    arguments: JSON.stringify(item.arguments ?? {}),
    policy: policy === undefined || policy === null || policy === '' ? null : policy,
    policyDefinition: isFilled(definition) ? JSON.stringify(definition) : null,
  }
}

/** The server writes an empty definition as a list. */
function isFilled(definition: unknown): boolean {
  return typeof definition === 'object' && definition !== null && Object.keys(definition).length > 0
}
