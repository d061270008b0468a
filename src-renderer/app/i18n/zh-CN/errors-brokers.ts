/** Sentences of looking into brokers. */
export const brokerErrors = {
  'no-topics': {
    what: 'Broker“{broker}”没有主题，也没有消费者组。',
    means: '没有读取也没有改动任何东西。',
    next: '请选择 Kafka 的 Broker。',
  },
  'no-queues': {
    what: 'Broker“{broker}”没有队列。',
    means: '没有读取也没有改动任何东西。',
    next: '请选择 RabbitMQ 的 Broker。',
  },
  'not-a-stream': {
    what: '“{queue}”不是流，它的类型是 {type}：读取会把消息取出。',
    means: '没有读取也没有改动任何东西。',
    next: '请选择一个流。类型为 unknown 时，Broker 只把类型告诉有权配置该队列的用户。',
  },
  'group-missing': {
    what: 'Broker 上没有消费者组“{group}”，或该用户无权查看它。',
    means: '没有创建它，也没有提交任何位点。',
    next: '检查名称；长期为空的消费者组会被 Broker 遗忘。',
  },
  'reading-missing': {
    what: '{reading} 的读取结果已不再保留。',
    means: '之后的读取取代了它，或 Redrive 已重新启动。',
    next: '再读取一次该主题。',
  },
  'management-missing': {
    what: '没有为该 Broker 填写管理接口的地址。',
    means: 'AMQP 本身无法列出队列，因此没有可显示的内容。没有发出任何请求。',
    next: '在工作区文件中为该 Broker 添加 "management": "http://host:15672"。带 monitoring 标签、没有任何权限的用户就够了。',
  },
  'management-absent': {
    what: '{server} 的应答不是 RabbitMQ 管理接口：{reason}。',
    means: '没有读取也没有改动任何东西。',
    next: '检查地址和端口，并确认 Broker 已启用 rabbitmq_management 插件。',
  },
} as const
