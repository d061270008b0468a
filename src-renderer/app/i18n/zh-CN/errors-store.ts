import type { Sentences } from '../../../../src-preload/contract/sentences.ts'

/** 本地存储、操作日志与告警。 */
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
  'alert-not-found': {
    what: '没有编号为 {alert} 的告警。',
    means: '没有确认任何告警，消息也没有任何变化。',
    next: '请重新查看告警列表；较早的告警只保留在操作日志里。',
  },
} satisfies Readonly<Record<string, Sentences>>
