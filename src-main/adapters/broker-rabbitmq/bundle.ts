import { Socket } from 'node:net'
import type { ChannelModel } from 'amqplib'

/**
 * Lets the packets that are written within one turn of the event loop go out by one call to the system. amqplib writes
 * each message on its own, and a small one costs more in that call, and in the broker's reading of it, than in all its
 * encoding. Nothing waits: what a turn has written leaves before the next one begins.
 *
 * The socket is not part of amqplib's declared interface; where it is not found, packets go out one by one.
 */
export function bundleWrites(model: ChannelModel): boolean {
  const { stream } = model.connection as unknown as { readonly stream?: unknown }
  if (!(stream instanceof Socket)) return false
  const write = stream.write.bind(stream) as (...args: readonly unknown[]) => boolean
  let corked = false
  const uncork = (): void => {
    corked = false
    stream.uncork()
  }
  stream.write = (...args: readonly unknown[]): boolean => {
    if (!corked) {
      corked = true
      stream.cork()
      process.nextTick(uncork)
    }
    return write(...args)
  }
  return true
}
