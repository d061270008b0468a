import type { Sentences } from '../../../../src-preload/contract/sentences.ts'

/** 本地存储、操作日志与告警。 */
export const storeErrors = {
  'store-failed': {
    what: '存储 {path} 无法使用：{problem}。',
    means: '只要无法落盘记录，就不会发送任何消息。',
    next: '检查该目录的磁盘空间和权限；如果是共享存储，检查其数据库能否应答。然后重启 Redrive。',
  },
  'store-undecided': {
    what: '共享存储 {path} 在写入时断开，无法确认是否已经写入：{problem}。',
    means: '不再发送任何消息。刚才正在进行的操作，可能已经记下，也可能没有。',
    next: '等数据库恢复后启动 Redrive，先查看该任务和操作日志，再决定是否重做。',
  },
  'store-newer': {
    what: '存储 {path} 是由更新版本的 Redrive 写的。',
    means: '没有动它。',
    next: '请启动那个更新的版本。',
  },
  'journal-broken': {
    what: '操作日志在 Redrive 之外被改动过。',
    means: '从第 {brokenAt} 条起，内容已不可信。',
    next: '保留一份存储副本，与上一次导出的日志比对。',
  },
  'alert-not-found': {
    what: '没有编号为 {alert} 的告警。',
    means: '没有确认任何告警，消息也没有任何变化。',
    next: '请重新查看告警列表；较早的告警只保留在操作日志里。',
  },
} satisfies Readonly<Record<string, Sentences>>
