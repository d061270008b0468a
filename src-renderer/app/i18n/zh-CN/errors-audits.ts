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
  'chain-audit-unavailable': {
    what: '无法审计 {source} 的链：审计要知道哪些事务还没有结束，只有 PostgreSQL 能说明。',
    means: '什么都没有审计：这不表示没有消息缺失。',
    next: '改为比对已写入、已发送与已消费的消息：redrive audit --places。',
  },
  'event-search-unavailable': {
    what: '无法比对 {source} 的业务事件：只有 PostgreSQL 里的发件箱支持这种查找。',
    means: '什么都没有比较：这不表示没有重复的事件。',
    next: '请在数据库里按指纹的字段自行比对。',
  },
  'finding-not-found': {
    what: '链审计 {audit} 里没有发现 {seq}。',
    means: '没有发送任何消息，也没有改动任何行。',
    next: '重新查看这次审计的发现。',
  },
  'fingerprint-not-set': {
    what: '数据源 {source} 没有说明怎样的两条消息算同一业务事件。',
    means: '什么都没有比较：这不表示没有重复的事件。',
    next: '在工作区里写明 outbox.fingerprint：能认出一个事件的字段，以及 windowSec。',
  },
  'time-not-mapped': {
    what: '该发件箱没有说明消息是什么时候写入的。',
    means: '什么都没有比较：没有时间，就没有能判断两条消息是同一事件的窗口。',
    next: '在映射里指明创建时间所在的列。',
  },
}
