/** Sentences of audits. */
export const auditErrors = {
  'audit-not-found': {
    what: '本地存储里没有链审计 {audit}。',
    means: '每个数据源只保留最近的审计；每份报告的摘要都留在操作日志里。',
    next: '在审计列表里查找它的编号，或重新审计一次。',
  },
  'audit-busy': {
    what: '{source} 的链审计正在进行。',
    means: '同一时间只能进行一次，正在进行的那次会继续。',
    next: '等它结束，或取消它。',
  },
  'audit-running': {
    what: '链审计 {audit} 还没有结束。',
    means: '它还没有结论，也没有报告。',
    next: '等它结束，或取消它。',
  },
  'chain-not-mapped': {
    what: '{source} 的发件箱没有 Redrive 能检查的链。',
    means: '什么都没有审计：这不表示没有消息缺失。',
    next: '在映射里指明排序键所在的列，以及序号或前一条消息编号所在的列。',
  },
  'finding-not-found': {
    what: '链审计 {audit} 里没有发现 {seq}。',
    means: '没有发送任何消息，也没有改动任何行。',
    next: '重新查看这次审计的发现。',
  },
}
