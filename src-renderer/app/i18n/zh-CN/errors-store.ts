import type { Sentences } from '../../../../src-preload/contract/sentences.ts'

/** 本地存储、操作日志、告警与内部错误。 */
export const storeErrors = {
  'store-failed': {
    what: '存储 {path} 无法使用：{problem}。',
    means: '只要无法落盘记录，就不会发送任何消息；此前已记录的内容都还在。',
    next: '检查该目录的磁盘空间和权限；如果是共享存储，检查其数据库能否应答。问题解决后，任务会从停下的地方继续。',
  },
  'store-undecided': {
    what: '共享存储 {path} 在写入时断开，无法确认是否已经写入：{problem}。',
    means: '不再发送任何消息。刚才正在进行的操作，可能已经记下，也可能没有。',
    next: '等数据库恢复后启动 Redrive，先查看该任务和操作日志，再决定是否重做。',
  },
  'store-in-use': {
    what: '另一个进程正打开着存储 {path}。',
    means: '什么都没有改动：否则它写下的内容会丢失。',
    next: '请关闭控制台，并结束使用该存储的 redrive serve、代理和定时任务，然后重试。',
  },
  'backup-damaged': {
    what: '备份 {path} 无法使用：{problem}。',
    means: '什么都没有改动。',
    next: '请使用它的另一份副本。如果它来自另一套安装，请指明那套安装的公钥。',
  },
  'store-newer': {
    what: '存储 {path} 是由更新版本的 Redrive 写的。',
    means: '本地存储可以查看；不会往里写任何东西，因此也不会发送任何消息。',
    next: '请启动那个更新的版本。',
  },
  'store-read-only': {
    what: '本地存储 {path} 只能读取：{problem}。',
    means: '所有内容都可以查看；只要无法落盘记录，就不会发送任何消息。',
    next: '解决之后重启 Redrive，它会从停下的地方继续。',
  },
  'clock-went-back': {
    what: '本机时钟被拨回：{problem}。',
    means: '时钟恢复正常之前不会发送或记录任何东西，否则日志就说不清先后了。',
    next: '请校准时钟。如果现在是对的、之前是错的：redrive journal accept-clock --reason 原因。',
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
