import type { Destination } from '../../domain/message.ts'

/** A message that was sent. */
export interface Sent extends Destination {
  readonly messageId: string
  /** Another one with the same id, for another place. */
  next: this | null
}

/**
 * What was sent and has no answer yet, in the order of sending; where two have one id, the older stands for both. By their id
 * alone: a name made of id, exchange and routing key would take more memory than all the rest that is kept of a message.
 */
export class Unanswered<Item extends Sent> {
  readonly #byId = new Map<string, Item>()
  #size = 0

  get size(): number {
    return this.#size
  }

  find(messageId: string, { exchange, routingKey }: Destination): Item | null {
    let item: Item | null = this.#byId.get(messageId) ?? null
    while (item !== null && (item.exchange !== exchange || item.routingKey !== routingKey)) item = item.next
    return item
  }

  add(item: Item): void {
    this.#size += 1
    const first = this.#byId.get(item.messageId)
    if (first === undefined) this.#byId.set(item.messageId, item)
    else {
      item.next = first.next
      first.next = item
    }
  }

  delete(item: Item): void {
    const first = this.#byId.get(item.messageId)
    if (first === undefined) return
    if (first !== item) {
      let before: Item | null = first
      while (before !== null && before.next !== item) before = before.next
      if (before === null) return
      before.next = item.next
    } else if (item.next === null) this.#byId.delete(item.messageId)
    else this.#byId.set(item.messageId, item.next)
    item.next = null
    this.#size -= 1
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const first of this.#byId.values()) {
      for (let item: Item | null = first; item !== null; item = item.next) yield item
    }
  }
}
