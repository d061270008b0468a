/** Sentences of dead letters. */
export const deadLetterErrors = {
  'queue-missing': {
    what: 'Broker 上没有队列“{queue}”。',
    means: '没有动过任何消息。',
    next: '检查名称；它可能已被删除，或在另一个虚拟主机里。',
  },
  'look-refused': {
    what: 'Redrive 不读取“{queue}”的消息：{refusal}。',
    means:
      '没有动过任何消息。may-delete：quorum 队列每次退回都计数，到投递上限就丢弃消息，而 AMQP 无法证明没有上限。is-stream：消息不会离开 stream。其他词是未经同意的代价。',
    next: 'quorum 队列：先用 shovel 把死信移到 classic 队列再查看；若是新的代价，请重新查看该队列。',
  },
  'look-missing': {
    what: '{look} 的查看结果已不再保留。',
    means: '对该队列的另一次查看取代了它，或 Redrive 已重新启动。没有生成计划。',
    next: '再查看一次该队列，然后据此计划。',
  },
  'header-damaged': {
    what: '这条消息有一个消息头无法无损地读出再写回。',
    means: '它被排除，仍留在原队列：超过 2^53 的整数，或不是 UTF-8 的文本。',
    next: '用 shovel 移动它，每个字节都会保留。',
  },
  'redriven-too-often': {
    what: '这条消息重投之后又回到了死信。',
    means: '它留在队列里等人处理：再重投一次多半还是同样的结果。',
    next: '修复消费者，或丢弃该消息；若仍要重投，请在计划中包含被扣留的消息。',
  },
  'redriven-already': {
    what: '这条消息之前已经重投过，或可能重投过。',
    means:
      '它被排除，仍在原处：主题会保留记录；进程提前结束时，队列会收回它持有的消息；存储恢复之前的记录是否重投过，无从得知。',
    next: '若在队列中，请丢弃它。若要再重投一次，请在计划中说明理由。',
  },
  'discarded-already': {
    what: '这条记录已被丢弃。',
    means: '它仍在主题中，并标记为无需投递。它被排除。',
    next: '若仍要重投，请先恢复它。',
  },
  'origin-unknown': {
    what: '消息没有说明它来自哪里。',
    means: '它被排除，仍留在原队列。',
    next: '为它选择一个目的地。',
  },
  'no-dead-letters': {
    what: 'Redrive 不读取 Broker“{broker}”的死信。',
    means: '没有发送任何消息。',
    next: '请选择 RabbitMQ 或 Kafka 的 Broker。',
  },
} as const
