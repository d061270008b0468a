import { nothingSent } from './errors-mapping.ts'

/** Errors of half messages. */
export const halfMessageErrors = {
  'check-back-not-set': {
    what: '数据源“{source}”没有说明如何向半消息的生产者回查。',
    means: '它的半消息会一直等待回查。' + nothingSent,
    next: '在工作区文件中为该数据源写入 checkBack。',
  },
  'id-not-typed': {
    what: '输入的消息 ID 与实际不符：{messageId}。',
    means: '没有做出任何决定。',
    next: '查看这条消息，然后输入它的 ID，代替生产者做决定。',
  },
}
