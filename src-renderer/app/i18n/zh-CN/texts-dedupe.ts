/** 检查接收方去重表时的结论；代码与 `src-main/domain/english-texts-dedupe.ts` 一一对应。 */
export const chineseDedupeTexts: Readonly<Record<string, string>> = {
  'span.seconds': '{n} 秒',
  'span.minutes': '{n} 分钟',
  'span.hours': '{n} 小时',
  'span.days': '{n} 天',

  'dedupe.not-mapped':
    '该数据源没有说明接收方把消费记录写在哪里：第二次投递会怎样，无从得知。请配置消费证据。',
  'dedupe.unreachable':
    '无法查询接收方的表（{problem}）：第二次投递会怎样，无从得知。请检查其连接后再次检查。',
  'dedupe.view':
    '{table} 是视图或外部表，看不到索引：同一消息的第二行是否会被拒绝，无从得知。请把表本身配置为消费证据。',
  'dedupe.condition':
    '映射并非只用列相等把 {table} 中的记录对应到消息：第二行是否会被拒绝，无从得知。请在数据源的消费证据中写明消息 ID 所在的列。',

  'dedupe.log':
    '{log} 对第二条记录与第一条一视同仁：它能说明消费过什么，不能说明接收方是否识别到达两次的消息。请询问接收方的开发者，或把其去重表配置为消费证据。',

  'dedupe.unique': '{index}（{columns}）会拒绝同一消息的第二行。',
  'dedupe.unique-none':
    '{table} 的 {columns} 上没有唯一索引：同时到达的两次投递都能写入，并且都会生效。请添加主键或唯一索引。',
  'dedupe.unique-wider':
    '{index} 只在 {columns} 与 {more} 合在一起时唯一：{more} 不同时，同一消息会再次写入。请让消息 ID 自身唯一；如果 {more} 表示接收方，请在消费证据的范围条件（scope）中写明它的值。',
  'dedupe.unique-partial': '{index} 只对部分行有效：在这部分之外，同一消息可以写入两次。请改为对所有行唯一。',
  'dedupe.unique-invalid':
    '{index} 处于无效状态（例如创建失败之后）：不能保证它会拒绝重复。请清理重复的行，再重新创建该索引。',
  'dedupe.unique-cut':
    '{index} 只比较前 {length} 个字符：同一消息不会写入两次，但 ID 开头相同的另一条消息会被当作重复而丢失。请对整列建索引。',
  'dedupe.unique-deferred':
    '{index} 到事务结束时才检查：接收方在此之前于数据库之外做的事会做两次。请改为不可延迟（not deferrable）。',
  'dedupe.unique-expression':
    '{index} 建在表达式上，Redrive 不解析表达式：{columns} 相同的第二行是否会被拒绝，无从得知。请查看它的定义。',
  'dedupe.doubled':
    '在查看的 {proofs} 条记录中，有 {doubled} 条消息被消费了不止一次：重复确实没有被拦住。继续重发之前，请先查看它们造成的影响。',
  'dedupe.crash':
    '{table} 是不写日志的表（unlogged）：服务器崩溃后它会被清空，重发的消息都会再次生效。请改为普通表。',
  'dedupe.restart':
    '{table} 保存在内存中（{engine}）：服务器重启后它会被清空，重发的消息都会再次生效。请迁移到 InnoDB。',
  'dedupe.no-transactions':
    '{table} 不支持事务（{engine}）：在写入记录与业务生效之间崩溃，消息会丢失或重复生效。请迁移到 InnoDB。',

  'dedupe.keys': '同一个键只会存在一次：带 NX 的 SET 会让接收方知道这是第二次投递。',
  'dedupe.keys-none': '没有键符合 {pattern}：没有迹象表明接收方写入过去重键。请检查消费证据中键的写法。',
  'dedupe.keys-unseen':
    '在限定时间内没有找到符合 {pattern} 的键：服务器上的其他键太多。它们能存活多久，无从得知；请手动查看其中一个。',
  'dedupe.lives': '键的存活时间为 {lives}，消费证据写的是 {retention}（查看了 {keys} 个）。',
  'dedupe.short-lived':
    '键最长只存活 {lives}，消费证据写的却是 {retention}（查看了 {keys} 个）：在此之前消费过的消息看起来像从未消费。请更正这里的保留时间，或接收方设置的过期时间。',
  'dedupe.lives-unknown':
    '在查看的 {keys} 个键中，剩余存活时间最长的是 {lives}，消费证据写的是 {retention}：要么最近没有消费，要么接收方设置得更短。请查看接收方设置的过期时间；如果每个键写入各自的值（例如时间），就能判断。',
  'dedupe.endless': '这些键不会被清除（查看了 {keys} 个）。',
  'dedupe.endless-some':
    '查看的 {keys} 个键中有 {endless} 个永不过期，而消费证据写的是 {retention}：它们会占满内存，直到服务器拒绝写入。请让接收方在写入键时设置过期时间。',
  'dedupe.not-endless':
    '键的存活时间为 {lives}，消费证据却说它们不会被清除（查看了 {keys} 个）：在此之前消费过的消息看起来像从未消费。请填写保留时间。',
  'dedupe.memory': '内存写满时不会提前删除键（{policy}）。',
  'dedupe.memory-unlimited':
    '内存写满时会提前删除键（{policy}）；目前没有设置上限。请使用 noeviction，以免日后设了上限就产生重复。',
  'dedupe.memory-full':
    '内存写满时会提前删除键（{policy}，至今 {evicted} 个），对应的消息会再次生效。请使用 noeviction，或让这些键独占一台服务器。',
  'dedupe.memory-unknown':
    '服务器不告知内存写满时删除什么。请向其管理员确认 maxmemory-policy：必须是 noeviction。',
  'dedupe.disk': '接收方得到答复之前，键已经写入磁盘。',
  'dedupe.disk-late':
    'AOF 的同步方式为 {mode}：机器崩溃会丢失最后写入的键，对应的消息会再次生效。请使用 appendfsync always，或不要重发崩溃前刚消费的消息。',
  'dedupe.disk-snapshots':
    '只有快照（{save}）：崩溃会丢失上次快照之后的键，对应的消息会再次生效。请启用 AOF，或在崩溃之后不要重发。',
  'dedupe.disk-none': '没有任何数据写入磁盘：服务器重启会丢失所有键，重发的消息都会再次生效。请启用 AOF。',
  'dedupe.disk-unknown':
    '服务器不告知哪些数据会写入磁盘：崩溃会丢失什么，无从得知。请向其管理员确认 appendonly 和 appendfsync。',
  'dedupe.failover':
    '{replicas} 个副本在接管时可能落后：故障转移会丢失最后写入的键。请设置 min-replicas-to-write，或在故障转移之后不要重发。',

  'dedupe.retention-unsaid':
    '没有写明消费记录保留多久：重发多久以前的消息才安全，无从得知。请填写消费证据的保留时间。',
  'dedupe.retention-none': '消费记录不会被清除。',
  'dedupe.retries': '消费记录保留 {retention}，一条消息的最后一次重试在 {span} 之后。',
  'dedupe.retries-longer':
    '消费记录保留 {retention}，而一条消息的最后一次重试最长在 {span} 之后：那时记录可能已被删除，消息会再次生效。请延长保留时间，或缩短重试时间。',
  'dedupe.age': '可重发的最早一条消息已存在 {age}，消费记录保留 {retention}。',
  'dedupe.age-none': '没有等待重发的消息；消费记录保留 {retention}。',
  'dedupe.age-near':
    '可重发的最早一条消息已存在 {age}，消费记录保留 {retention}：再过 {left} 它的记录可能就被删除了。请在此之前重发，或将它排除。',
  'dedupe.age-over':
    '可重发的最早一条消息已存在 {age}，而消费记录只保留 {retention}：在此之前消费过的消息会再次生效。请排除更早的消息，或先核实它们是否已经生效。',
  'dedupe.age-unknown': '可重发的最早一条消息已存在多久，无从得知（{problem}）。请自行与保留时间比较。',
  'dedupe.clocks': '时钟一致：接收方、数据源与本机的时钟相差不超过 {by}。',
  'dedupe.clock-ahead':
    '接收方服务器的时钟比数据源快 {by}：消费记录看起来更早，保留时间已按此扣减。请校准时钟。',
  'dedupe.clock-behind':
    '接收方服务器的时钟比数据源慢 {by}：消息看起来更新，保留时间已按此扣减。请校准时钟。',
  'dedupe.clock-machine': '本机时钟与数据源相差 {by}：Redrive 显示的时长会有同样的误差。请校准时钟。',
  'dedupe.clocks-unknown':
    '有一个时钟无法查询：时长的误差可能比看到的更大。请在数据源与接收方可以访问时再次检查。',
}
