import { implement } from '@orpc/server'
import type {
  CallbackView,
  ParkedRecord,
  UnconfirmedMessage,
} from '../../../src-preload/contract/callback.ts'
import { contract } from '../../../src-preload/contract/index.ts'

/** What the fake engine says of second confirmation; tests write into it. */
export interface FakeCallback {
  callbacks: CallbackView[]
  unconfirmed: UnconfirmedMessage[]
  parked: ParkedRecord[]
  current: boolean
  /** Ids that were asked for, in order. */
  asked: string[]
}

export function emptyCallback(): FakeCallback {
  return { callbacks: [], unconfirmed: [], parked: [], current: true, asked: [] }
}

const at = new Date(0).toISOString()

export function fakeCallback(state: FakeCallback) {
  const { callback } = implement(contract)
  return {
    list: callback.list.handler(() => ({ callbacks: state.callbacks })),
    unconfirmed: callback.unconfirmed.handler(() => ({
      where: 'callback service',
      afterSec: 300,
      unconfirmed: state.unconfirmed,
      untold: [],
      compared: 100,
      nextCursor: null,
      current: state.current,
      asOf: at,
    })),
    parked: callback.parked.handler(() => ({ parked: state.parked, nextCursor: null })),
    message: callback.message.handler(() => ({ confirmation: null })),
    ask: callback.ask.handler(({ input }) => {
      state.asked.push(...input.ids)
      return {
        results: input.ids.map((id) => ({
          id,
          messageId: id,
          outcome: 'accepted' as const,
          attempt: 1,
          status: 202,
          reason: null,
          left: null,
        })),
      }
    }),
  }
}
