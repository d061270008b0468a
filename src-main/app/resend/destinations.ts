import type { Destination } from '../../domain/message.ts'
import type { Broker, DestinationCheck } from '../../ports/broker.ts'

/** What the broker says of these destinations; `exists` null for all where it cannot be asked now. */
export async function look(
  broker: Broker,
  destinations: readonly Destination[],
  signal: AbortSignal,
): Promise<readonly DestinationCheck[]> {
  try {
    return await broker.checkDestinations(destinations, signal)
  } catch (error) {
    if (signal.aborted) throw error
    return destinations.map((destination) => ({ destination, exists: null }))
  }
}

export function destinationKey({ exchange, routingKey }: Destination): string {
  return JSON.stringify([exchange, routingKey])
}
