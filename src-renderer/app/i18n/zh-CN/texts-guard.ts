/** 为什么需要第二个人，以及交来的批准为什么不算数；代码与 `src-main/domain/english-texts-guard.ts` 一一对应。 */
export const chineseGuardTexts = {
  'guard.above': '{count} 条消息超过了一个人一小时内可以处理的 {above} 条',
  'guard.lately': '{count} 条消息加上最近一小时已处理的 {lately} 条，超过了一个人可以处理的 {above} 条',
  'guard.lost': '日志里没有它的开始记录，无法知道那一小时内处理过多少消息',
  'guard.broken': '最近一小时的日志在 Redrive 之外被改过，无法知道处理过多少消息',
  'guard.sweeps': '补偿扫描一小时内最多可发送 {limit} 条消息，已经到了上限',
  'guard.environment': '它的环境和地址受 {environment} 策略保护',
  'guard.removal': '它受 {environment} 策略保护',
  'approval.unreadable': '这不是 Redrive 能读懂的批准',
  'approval.another-plan': '它批准的是另一个计划，或者是修改之前的这个计划',
  'approval.approver-unknown': '工作区没有为这个环境指定这位批准人',
  'approval.signature-wrong': '签名与工作区中这位批准人的密钥不符',
  'approval.same-person': '批准人就是制定或执行这个计划的人；需要另一个人批准',
  'approval.not-yet-valid': '按本机时钟，它是在将来签署的',
  'approval.valid-too-long': '它的有效期超过了工作区允许的长度',
  'approval.expired': '它已过期',
}
