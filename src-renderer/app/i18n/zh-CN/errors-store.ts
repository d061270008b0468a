import type { Sentences } from '../../../../src-preload/contract/sentences.ts'

/** 本地存储、操作日志、告警与内部错误。 */
export const storeErrors = {
  'store-failed': {
    what: '本地存储 {path} 无法使用：{problem}。',
    means: '只要无法落盘记录，就不会发送任何消息。',
    next: '检查该目录的磁盘空间和权限，然后重启 Redrive。',
  },
  'store-newer': {
    what: '本地存储 {path} 是由更新版本的 Redrive 写的。',
    means: '没有动它。',
    next: '请启动那个更新的版本。',
  },
  'journal-broken': {
    what: '操作日志在 Redrive 之外被改动过。',
    means: '从第 {brokenAt} 条起，内容已不可信。',
    next: '保留一份存储副本，与上一次导出的日志比对。',
  },
  internal: {
    what: 'Redrive 内部出错：{reason}。',
    means: '进行中的操作都有记录；再次操作前，请先查看任务。',
    next: '重启 Redrive。如果再次出现，请附上日志反馈。',
  },
  'alert-not-found': {
    what: '没有编号为 {alert} 的告警。',
    means: '没有确认任何告警，消息也没有任何变化。',
    next: '请重新查看告警列表；较早的告警只保留在操作日志里。',
  },
} satisfies Readonly<Record<string, Sentences>>
