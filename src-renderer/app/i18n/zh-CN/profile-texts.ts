/**
 * 随 Redrive 发布的布局里写的拒绝理由和替代办法，按英文原文查找：布局是数据，没有代码。
 * 操作员自己写在映射里的话不在其中，照原样显示。
 */
export const chineseProfileTexts: Readonly<Record<string, string>> = {
  'Content carries the headers and the message id: one envelope':
    'Content 里带有消息头和消息 ID，是一个整体信封',
  'a job queue with rules of its own: constraints and functions tie its columns together':
    '这是自有规则的作业队列：约束和函数把各列绑在一起',
  'a row says nothing of its delivery': '行里没有关于投递的信息',
  'a row that is not consumed is taken by the relay as it stands': '未消费的行，中继会直接取走',
  'a row that is not processed is taken by the relay as it stands': '未处理的行，中继会直接取走',
  'a row that is not published is taken by the relay as it stands': '未发布的行，中继会直接取走',
  'a serialized body counts its own lengths': '序列化的消息体里记着自己的长度',
  'it is history': '这是历史记录',
  'it undoes a transaction': '它用来撤销事务',
  'nothing in the row makes the relay skip it: the header of its group decides':
    '行里没有能让中继跳过它的内容：由所属分组的头决定',
  'nothing in the row tells whether it was captured': '行里看不出是否已被捕获',
  'only the application can process a dead letter': '只有应用自己能处理死信',
  'the body is a binary envelope': '消息体是二进制信封',
  'the body is a binary envelope that carries headers, attempts and ids':
    '消息体是二进制信封，带有消息头、尝试次数和 ID',
  'the body is an envelope of the framework: only it can send it': '消息体是框架的信封，只有框架能发送',
  'the body is an envelope that carries the ids and addresses': '消息体是信封，带有 ID 和地址',
  'the column is one envelope: headers and body': '该列是一个整体信封：消息头和消息体',
  'the column is one envelope: headers, message id and body': '该列是一个整体信封：消息头、消息 ID 和消息体',
  'the completion finds its row by the text of serialized_event': '完成时按 serialized_event 的文本查找该行',
  'the data is a Go gob': '数据是 Go 的 gob 格式',
  'the data is a Go gob that holds the destination': '数据是 Go 的 gob 格式，目的地也在其中',
  'the destination is a listener in the application, not a place in a broker':
    '目的地是应用里的监听器，不是 Broker 中的位置',
  'the destination is a piece of the application, not a place in a broker':
    '目的地是应用的一部分，不是 Broker 中的位置',
  'the destination is a worker of the application, not a place in a broker':
    '目的地是应用的工作者，不是 Broker 中的位置',
  'the exchange and the routing key are constants in the code of the service':
    '交换机和路由键是服务代码里的常量',
  'the flag means nothing where the log is read': '从日志读取时，这个标志没有意义',
  'the payload is Avro': '消息体是 Avro 格式',
  'the payload is a large object of the serializer': '消息体是序列化器的大对象',
  'the relay reads inserts from the log, and a copy would carry the old id in its headers: consumers drop it':
    '中继从日志读取插入；副本的消息头里仍是旧 ID，消费者会丢弃它',
  'the row has no column for a claim': '行里没有可放占用标记的列',
  'the row has no column for a claim and its relay deletes what it has sent':
    '行里没有可放占用标记的列，而中继会删除已发送的行',
  'the row has no column for a claim of Redrive': '行里没有可放 Redrive 占用标记的列',
  'the row has no column for a claim, and a late confirmation of the service would overwrite the mark':
    '行里没有可放占用标记的列，服务迟到的确认还会覆盖标记',
  'the row is an envelope of the framework and has no column for a claim':
    '该行是框架的信封，没有可放占用标记的列',
  'the rows are the history of the aggregates, not messages that wait':
    '这些行是聚合的历史，不是等待发送的消息',
  'the rows undo the branches of distributed transactions, they are no messages':
    '这些行用来回滚分布式事务的分支，不是消息',
  'the types of the arguments are written beside them': '参数旁边写着它们的类型',
  'the value is protobuf': '值是 protobuf 格式',
  'where a message goes is known to the dispatcher of the application only':
    '消息发往哪里，只有应用的分发器知道',

  'Call reschedule_jobs of its own schema.': '请调用它自己模式里的 reschedule_jobs。',
  'Change the entity: it is indexed again.': '请修改该实体：它会重新建立索引。',
  'Have the application call "process" of its dead letter processor.':
    '请让应用调用其死信处理器的“process”。',
  'Have the application dispatch a corrected message.': '请让应用分发一条更正后的消息。',
  'Have the application publish a corrected event.': '请让应用发布一个更正后的事件。',
  'Have the application record a corrected event.': '请让应用记录一个更正后的事件。',
  'Have the application resubmit the publication.': '请让应用重新提交这次发布。',
  'Have the producer publish a corrected message.': '请让生产者发布一条更正后的消息。',
  'Have the service publish a corrected message.': '请让服务发布一条更正后的消息。',
  'Have the service publish the message again.': '请让服务重新发布这条消息。',
  'Have the service store a corrected message.': '请让服务存入一条更正后的消息。',
  'Leave the row to the cleaner, which goes by age.': '请把该行留给按时间清理的程序。',
  'Leave the table to Seata.': '请把这张表留给 Seata。',
  'Look only. What was decided is corrected by a new event of the application.':
    '只能查看。已经决定的内容由应用的新事件来更正。',
  'Start the relay, or look why the broker refuses it.': '请启动中继，或查明 Broker 为什么拒绝它。',
  'Start the relay.': '请启动中继。',
  'Start the relay: it takes every row that is not consumed.': '请启动中继：它会取走所有未消费的行。',
  'Start the relay: it takes every row that is not processed.': '请启动中继：它会取走所有未处理的行。',
  'Start the relay: it takes every row that is not published.': '请启动中继：它会取走所有未发布的行。',
  'Start the service: its relay takes every group that is not delivered.':
    '请启动服务：它的中继会取走所有未送达的分组。',
  'Start the service; for the rows of a consumer have the incoming message redelivered.':
    '请启动服务；消费者的行需要让入站消息重新投递。',
  'The table may be emptied at any time: deletes are ignored by the capture.':
    '这张表随时可以清空：捕获程序不理会删除。',
  'Use JobRetry in the application, or River UI.': '请在应用里使用 JobRetry，或使用 River UI。',
  'Use Oban.retry_job in the application, or Oban Web.': '请在应用里使用 Oban.retry_job，或使用 Oban Web。',
  'Use retry of pg-boss in the application.': '请在应用里使用 pg-boss 的重试。',
  'Use retry: a copy of the row is inserted.': '请用重试：会插入该行的副本。',
  'Use retry: a node of the service sends it.': '请用重试：由服务的某个节点发送。',
  'Use retry: a worker takes it.': '请用重试：由工作者取走。',
  'Use retry: the application itself delivers the message.': '请用重试：由应用自己投递这条消息。',
  'Use retry: the leader sends it.': '请用重试：由主节点发送。',
  'Use retry: the listener sends it.': '请用重试：由监听器发送。',
  'Use retry: the message service sends it.': '请用重试：由消息服务发送。',
  'Use retry: the relay of CAP sends it.': '请用重试：由 CAP 的中继发送。',
  'Use retry: the service sends it.': '请用重试：由服务发送。',
}
