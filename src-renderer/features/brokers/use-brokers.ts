import { useAsk } from '../../app/use-ask.ts'
import { useClient } from '../../app/use-client.ts'

/** Lists are asked for again this often at most: each one is a question about everything that the broker has. */
const AGAIN_MS = 15_000

export function useBrokerNames() {
  const client = useClient()
  return useAsk({ subject: () => 'all', ask: (_, signal) => client.connections.list({}, { signal }) })
}

export function useQueues(broker: () => string) {
  const client = useClient()
  return useAsk({
    subject: broker,
    ask: (about, signal) => client.brokers.queues({ broker: about }, { signal }),
    againMs: AGAIN_MS,
  })
}

export function useTopics(broker: () => string, internal: () => boolean) {
  const client = useClient()
  return useAsk({
    subject: () => ({ broker: broker(), internal: internal() }),
    ask: (about, signal) => client.brokers.topics(about, { signal }),
    againMs: AGAIN_MS,
  })
}

export function useGroups(broker: () => string) {
  const client = useClient()
  return useAsk({
    subject: broker,
    ask: (about, signal) => client.brokers.groups({ broker: about }, { signal }),
    againMs: AGAIN_MS,
  })
}

export function useGroup(broker: () => string, group: () => string) {
  const client = useClient()
  return useAsk({
    subject: () => ({ broker: broker(), group: group() }),
    ask: (about, signal) => client.brokers.group(about, { signal }),
    againMs: AGAIN_MS,
  })
}
