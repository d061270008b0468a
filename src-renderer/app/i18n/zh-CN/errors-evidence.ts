import { nothingSent } from './errors-mapping.ts'

/** Errors of evidence of consumption. */
export const evidenceErrors = {
  'already-consumed': {
    what: '接收方已经消费过这条消息。',
    means: '没有再次发送：它的效果已经发生。',
    next: '将它标记为已处理。若仍要发送，请在计划中包含已消费的消息并写明原因。',
  },
  'evidence-not-mapped': {
    what: '数据源“{source}”没有说明接收方把消费记录写在哪里。',
    means: '只能比较已存储和已发送的部分。' + nothingSent,
    next: '配置消费证据：映射中的关联表，或工作区里该数据源的 evidence。',
  },
  'evidence-unreachable': {
    what: '无法查询消费记录：{reason}。',
    means: '无从得知接收方是否已消费这些消息。' + nothingSent,
    next: '检查接收方的数据库和该数据源的消费证据配置，然后重试。',
  },
}
