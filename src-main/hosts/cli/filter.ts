import { messageState, trouble } from '../../../src-preload/contract/messages.ts'
import type { MessageFilter } from '../../../src-preload/contract/messages.ts'
import type { Arguments, OptionSpecs } from './arguments.ts'

const AGE_SEC_MAX = 10 * 365 * 24 * 3600

export const filterOptions: OptionSpecs = {
  trouble: { kind: 'text', value: 'stuck|failed|unconfirmed', help: 'only messages in this trouble' },
  state: { kind: 'list', value: 'STATE', help: `only in these states: ${messageState.options.join(', ')}` },
  type: { kind: 'text', value: 'TYPE', help: 'only this type' },
  error: { kind: 'text', value: 'TEXT', help: 'the last error contains this' },
  chain: { kind: 'text', value: 'KEY', help: 'only this chain' },
  exchange: { kind: 'text', value: 'NAME', help: 'only for this exchange' },
  'message-id': { kind: 'text', value: 'ID', help: 'only this message id' },
  payload: { kind: 'text', value: 'TEXT', help: 'the payload has this in it; \\x0aff: these bytes' },
  header: { kind: 'text', value: 'NAME[=TEXT]', help: 'has this header, with this in its value' },
  'older-than': { kind: 'text', value: 'SEC', help: 'created at least so many seconds ago' },
  'younger-than': { kind: 'text', value: 'SEC', help: 'created less than so many seconds ago' },
}

export function filterOf(args: Arguments): MessageFilter {
  const wanted = args.choice('trouble', trouble.options)
  const states = args.choices('state', messageState.options)
  const type = args.text('type')
  const error = args.text('error')
  const chainKey = args.text('chain')
  const exchange = args.text('exchange')
  const messageId = args.text('message-id')
  const ageSecMin = args.integer('older-than', { min: 0, max: AGE_SEC_MAX })
  const ageSecMax = args.integer('younger-than', { min: 0, max: AGE_SEC_MAX })
  const payload = args.text('payload')
  const header = args.text('header')
  return {
    ...(wanted !== null && { trouble: wanted }),
    ...(states.length > 0 && { states: [...states] }),
    ...(type !== null && { type }),
    ...(error !== null && { error }),
    ...(chainKey !== null && { chainKey }),
    ...(exchange !== null && { exchange }),
    ...(messageId !== null && { messageId }),
    ...(ageSecMin !== null && { ageSecMin }),
    ...(ageSecMax !== null && { ageSecMax }),
    ...(payload !== null && { payload }),
    ...(header !== null && { header: headerOf(header) }),
  }
}

function headerOf(text: string): { readonly name: string; readonly value?: string } {
  const equals = text.indexOf('=')
  if (equals < 0) return { name: text }
  return { name: text.slice(0, equals), value: text.slice(equals + 1) }
}
