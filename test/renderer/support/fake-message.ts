import type { MessageDetail } from '../../../src-preload/contract/messages.ts'

/** A message of a layout that has all of it. */
export type FakeMessage = MessageDetail & {
  createdAt: string
  attempts: number
  attemptsMax: number
  destination: { exchange: string; routingKey: string }
  /** The payload as it is stored, where rules mask it. */
  stored?: string
}
