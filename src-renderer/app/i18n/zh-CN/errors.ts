import { topicErrors } from './errors-topics.ts'
import { mappingErrors, nothingSent } from './errors-mapping.ts'
import type { ErrorCode } from '../../../../src-preload/contract/errors.ts'
import type { Sentences } from '../../../../src-preload/contract/sentences.ts'
import { auditErrors } from './errors-audits.ts'
import { callbackErrors } from './errors-callback.ts'
import { guardErrors } from './errors-guard.ts'
import { evidenceErrors } from './errors-evidence.ts'
import { halfMessageErrors } from './errors-half-messages.ts'
import { storeErrors } from './errors-store.ts'
import { brokerErrors } from './errors-brokers.ts'
import { deadLetterErrors } from './errors-dead-letters.ts'
import { editErrors } from './errors-edits.ts'

/** 与 `explain.ts` 的英文一一对应；`{name}` 取自错误的 detail。 */
export const chineseSentences: Readonly<Record<ErrorCode, Sentences>> = {
  'auth-failed': {
    what: '{server} 拒绝了用户“{user}”登录。',
    means: 'Redrive 没有连上。' + nothingSent,
    next: '检查该连接的用户名和密码，然后重新测试。',
  },
  'host-unreachable': {
    what: '{server} 没有响应。',
    means: 'Redrive 没有连上。' + nothingSent,
    next: '检查主机、端口、VPN 或隧道，确认服务器正在运行。',
  },
  'database-unknown': {
    what: '服务器上没有数据库“{database}”。',
    means: nothingSent,
    next: '更正该连接的数据库名。',
  },
  'vhost-unknown': {
    what: 'Broker 上没有虚拟主机“{vhost}”，或该用户无权打开。',
    means: nothingSent,
    next: '更正虚拟主机名，或给该用户授权。',
  },
  'tls-failed': {
    what: '无法与 {server} 建立加密连接：{reason}。',
    means: nothingSent,
    next: '检查该连接的 TLS 模式、CA 文件和服务器名。',
  },
  'too-many-connections': {
    what: '{server} 的连接数已满。',
    means: nothingSent,
    next: '稍等片刻，或在服务器上释放一些连接；Redrive 只需要少量连接。',
  },
  'connection-lost': {
    what: '与 {server} 的连接断了。',
    means: '读取到此为止。正在进行的改动会先核对，再决定是否重做。',
    next: 'Redrive 会自动重连。再次操作前，请先查看任务。',
  },
  'permission-denied': {
    what: '该用户没有权限：{reason}。',
    means: nothingSent,
    next: '请人补授缺少的权限：数据源查看需要 SELECT，操作需要 UPDATE。',
  },
  'source-is-standby': {
    what: '该数据源是备库：可读，不可写。',
    means: nothingSent,
    next: '要重发或标记已处理，请连接主库。',
  },
  'replica-not-usable': {
    what: '本次审计无法读取副本：{reason}。',
    means: '关于链没有任何结论，已核实位置的标记保持不动。',
    next: '等副本追上，或允许审计退回到数据源本身读取。',
  },
  'secret-missing': {
    what: '缺少 {name} 的密码：{reason}。',
    means: 'Redrive 没有连上。' + nothingSent,
    next: '设置对应的环境变量，或在连接页输入密码。',
  },
  'secret-command-failed': {
    what: '输出 {name} 密码的命令 {program} {reason}。',
    means: 'Redrive 没有连上。命令输出的内容可能含有密码，因此不显示。' + nothingSent,
    next: '以同一用户在终端里运行该命令，看它怎么说。密码必须在它输出的第一行。',
  },
  'secrets-locked': {
    what: '无法打开加密文件 {path}：没有人给出口令。',
    means: 'Redrive 拿不到其中的任何密码。' + nothingSent,
    next: '设置 REDRIVE_SECRETS_PASSPHRASE、REDRIVE_SECRETS_PASSPHRASE_FILE 或 REDRIVE_SECRETS_IDENTITY，或在终端里启动 Redrive。',
  },
  'secrets-passphrase-wrong': {
    what: '给出的口令或身份打不开 {path}。',
    means: 'Redrive 拿不到其中的任何密码；文件保持原样。' + nothingSent,
    next: '请给出创建该文件时的口令。如果口令已丢失，请删除该文件并重新设置各项密码。',
  },
  'secrets-file-damaged': {
    what: '加密文件 {path} 已损坏：{problem}。',
    means: '没有从中读取任何内容，Redrive 也不会覆盖它。' + nothingSent,
    next: '恢复该文件的副本，或将它移走后重新设置各项密码。',
  },
  'table-missing': {
    what: '找不到该用户可见的表 {table}。',
    means: nothingSent,
    next: '检查 schema 和表名，以及用户在该 schema 上的权限。',
  },
  'table-without-key': {
    what: '表 {table} 没有主键。',
    means: '无法区分重复的行，所以 Redrive 不会对它操作。',
    next: '给表加上主键，或换一张表。',
  },
  'column-missing': {
    what: '这张表缺少其配置需要的列：{columns}。',
    means: '用这个配置读不了这张表。' + nothingSent,
    next: '选择正确的表或配置，或补上缺少的列。',
  },
  'no-profile-matches': {
    what: '没有已知配置适合这张表。最接近的 {profile} 缺少：{columns}。',
    means: 'Redrive 不会猜测列的含义。' + nothingSent,
    next: '在“连接”中该数据源的“映射…”里说明各列的含义，或者换一张表。',
  },
  ...callbackErrors,
  ...mappingErrors,
  ...evidenceErrors,
  ...halfMessageErrors,
  'query-timeout': {
    what: '数据库没有在限定时间内返回结果。',
    means: '这不代表没有消息。' + nothingSent,
    next: '缩小筛选范围，或加上连接页建议的索引。',
  },
  'source-busy': {
    what: '在限定时间内没有轮到访问该数据库：本机 Redrive 对它的其他请求排在前面。',
    means: '该数据源限制了连接数和同时执行的语句数，目前已全部占用。' + nothingSent,
    next: '等该数据源上的任务、补偿或审计结束后重试，或在工作区文件中调大它的 "load"。',
  },
  'query-failed': {
    what: '数据库拒绝执行语句：{reason}。',
    means: nothingSent,
    next: '测试该连接；如果最近改过表结构，请核对列。',
  },
  'message-not-found': {
    what: '没有 id 为 {id} 的消息。',
    means: '它可能在显示之后被删除了。',
    next: '刷新列表。',
  },
  'row-changed': {
    what: '这一行在显示之后被别人改过。',
    means: 'Redrive 没有动它。',
    next: '重新看一遍，再做决定。',
  },
  'state-forbids': {
    what: '处于“{state}”状态的消息不能重发，也不能标记已处理。',
    means: '保持原样，没有改动。',
    next: '请选择待发送、发送中或失败的消息。',
  },
  'payload-not-json': {
    what: '消息体不是 JSON，而映射里声明它是。',
    means: '已将它排除，没有为它发送任何内容。',
    next: '请负责该行的服务修正数据。',
  },
  'headers-not-json': {
    what: '消息头不是一个可以原样携带的 JSON 对象。',
    means: '已将它排除，没有为它发送任何内容。',
    next: '请修正该行的消息头：必须是一个 JSON 对象。',
  },
  'outcome-unsettled': {
    what: '这条消息上一次的发送结果未知。',
    means: '它可能已经到达 Broker，再发可能重复，所以已将它排除。',
    next: '先到那个任务里核实结果。',
  },
  'exchange-missing': {
    what: '交换机不存在。',
    means: '没有向它发送任何消息。',
    next: '声明该交换机，或修正该行的投递目标，然后重发。',
  },
  ...topicErrors,
  ...editErrors,
  unroutable: {
    what: 'Broker 退回了消息：没有队列绑定到这个路由键。',
    means: '没有队列收下它。该行已记为失败，并写明原因。',
    next: '为该交换机和路由键绑定队列，然后重发。',
  },
  'broker-refused': {
    what: 'Broker 拒收了消息：{reason}。',
    means: '它没有被接受。如果一个交换机对应多个队列，其他队列可能已经收下。',
    next: '检查队列（是不是满了？），然后重发。',
  },
  'broker-blocked': {
    what: 'Broker 暂时不接受发送：{reason}。',
    means: nothingSent,
    next: '释放 Broker 的内存或磁盘，然后继续任务。',
  },
  'broker-failed': {
    what: 'Broker 报错：{reason}。',
    means: '没有得到回应的消息会显示为“结果未知”。',
    next: '检查 Broker，核实未知结果，然后继续。',
  },
  'confirm-timeout': {
    what: 'Broker 没有及时确认。',
    means: '消息可能已经入队，也可能没有，结果未知。',
    next: '到队列或消费方查证，然后核实结果。',
  },
  'channel-closed': {
    what: '与 Broker 的连接在它回应之前断了。',
    means: '消息可能已经入队，也可能没有，结果未知。',
    next: '到队列或消费方查证，然后核实结果。',
  },
  'message-too-large': {
    what: '消息超过 Broker 允许的大小：{reason}。',
    means: '没有发送。',
    next: '调高 Broker 的上限，或请对应服务精简消息体。',
  },
  ...guardErrors,
  'plan-invalid': {
    what: 'Redrive 读不懂这个计划：{reason}。',
    means: nothingSent,
    next: '用 "redrive plan resend" 重新生成计划。',
  },
  'plan-digest-mismatch': {
    what: '计划生成后被改过：摘要与内容不符。',
    means: nothingSent,
    next: '重新生成计划。计划不能手工修改。',
  },
  'plan-not-confirmed': {
    what: '没有用摘要确认这个计划。',
    means: nothingSent,
    next: '先读一遍计划，再用 --confirm {digest} 执行。',
  },
  'plan-empty': {
    what: '选中的消息里没有可以重发的。',
    means: nothingSent,
    next: '请选择待发送、发送中或失败的消息。',
  },
  'plan-too-large': {
    what: '选中的消息超过 {limit} 条。',
    means: nothingSent,
    next: '缩小筛选范围，分成几个计划。',
  },
  'plan-not-found': {
    what: '本地存储里没有计划 {plan}。',
    means: nothingSent,
    next: '重新生成计划，或导入计划文件。',
  },
  'plan-already-run': {
    what: '这个计划已经执行过，任务是 {job}。',
    means: '一个计划只执行一次，所以没有重复发送。',
    next: '查看那个任务。仍有问题的消息，请另建计划。',
  },
  'plan-import-unknown': {
    what: '引擎（已）不在接收这份计划文件。',
    means: '计划没有保存。' + nothingSent,
    next: '请从头重新导入文件。',
  },
  'job-not-found': {
    what: '本地存储里没有任务 {job}。',
    means: nothingSent,
    next: '到任务列表里找它的 id。',
  },
  'job-busy': {
    what: '另一个 Redrive 进程正在处理 {job}。',
    means: '本进程不会插手。',
    next: '到那边查看进度，或等它结束。',
  },
  'job-state-forbids': {
    what: '任务 {job} 的状态是 {state}，不能这样操作。',
    means: nothingSent,
    next: '重新查看该任务。',
  },
  'brake-pulled': {
    what: '已触发刹车：{reason}。',
    means: '目前不再发送，已发出的都等到了结果。',
    next: '先查看失败的消息，再继续或停止任务。',
  },
  'count-not-typed': {
    what: '这是生产数据源：必须输入消息条数（{count}）。',
    means: nothingSent,
    next: '输入计划里显示的数字。',
  },
  'name-not-typed': {
    what: '这是生产数据源：必须输入它的名称（{source}）。',
    means: nothingSent,
    next: '按显示的名称输入该数据源的名称。',
  },
  'source-locked': {
    what: '{source} 处于只读状态。',
    means: nothingSent,
    next: '先限时解锁，再操作。',
  },
  'reason-required': {
    what: '需要填写原因。',
    means: nothingSent,
    next: '用几个字说明原因，它会留在操作日志里。',
  },
  'decision-not-found': {
    what: '本地存储里没有处理记录 {decision}。',
    means: '没有改动任何行。',
    next: '到操作日志里找它的 id。',
  },
  'undo-too-late': {
    what: '这一行在处理之后又被改过，或者这次处理已经失效。',
    means: '保持原样，没有改动。',
    next: '查看这条消息；如果仍有问题，重新决定。',
  },
  'process-ended': {
    what: 'Redrive 在完成之前就退出了。',
    means: '已交给 Broker 但没有得到回应的，结果未知；其余的没有发送。',
    next: '先核实未知结果，再继续任务。',
  },
  'sweep-busy': {
    what: '{source} 的补偿扫描正在运行。',
    means: '同一时间只运行一次；正在运行的会继续。',
    next: '等它结束，或者停止它。',
  },
  'sweep-not-found': {
    what: '本地存储里没有补偿扫描的运行记录 {run}。',
    means: '每个数据源只保留最近的运行记录。',
    next: '到操作日志里查看它做了什么。',
  },
  ...auditErrors,
  ...deadLetterErrors,
  ...brokerErrors,
  'workspace-invalid': {
    what: '工作区配置在 {at} 处无效：{problem}。',
    means: '没有打开任何连接。',
    next: '修正该连接或工作区文件；格式见 resources/workspace.schema.json。',
  },
  'source-unknown': {
    what: '工作区里没有数据源“{source}”。',
    means: nothingSent,
    next: '可用的有：{known}。',
  },
  'broker-unknown': {
    what: '工作区里没有 broker“{broker}”。',
    means: nothingSent,
    next: '在 "deliver" 里写明该数据源投递到哪个 Broker，并在 "brokers" 下定义它。',
  },
  'name-in-use': {
    what: '名称“{name}”已被占用。',
    means: '没有保存，也没有删除任何内容。',
    next: '换一个名称，或先改掉占用它的连接。',
  },
  ...storeErrors,
  usage: {
    what: '{problem}',
    means: nothingSent,
    next: '见 "redrive --help"。',
  },
  cancelled: {
    what: '已取消。',
    means: '还没开始的部分没有执行。',
    next: '准备好后重新开始。',
  },
}
