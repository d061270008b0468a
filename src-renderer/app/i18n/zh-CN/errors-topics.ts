export const topicErrors = {
  'topic-missing': {
    what: '没有这个主题：{reason}。',
    means: '没有向它发送任何消息，也没有创建它。',
    next: '创建该主题，或修正该行的投递目标，然后重发。',
  },
  'partition-missing': {
    what: '该主题没有这个分区：{reason}。',
    means: '没有发送任何内容。',
    next: '修正该行的分区，或为主题增加分区，然后重发。',
  },
}
