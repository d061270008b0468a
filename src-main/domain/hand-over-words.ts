import type { HandOver } from './hand-over.ts'
import type { DecisionState } from './decision.ts'
import type { JobKind, JobState } from './job.ts'
import type { Trouble } from './message.ts'
import type { Environment } from './workspace.ts'

export type HandOverLanguage = 'en' | 'zh-CN'

/** The sentences of the hand-over; `n` is written already, with its plus sign where a count is bounded. */
export interface HandOverWords {
  readonly comma: string
  readonly title: (since: string, until: string) => string
  readonly madeBy: (operator: string, answered: number, asked: number) => string
  readonly open: string
  readonly columns: readonly [string, string, string, string, string]
  readonly nothingOpen: (source: string) => string
  readonly silent: (source: string, environment: string, why: string) => string
  readonly noSources: string
  readonly alerts: string
  readonly alertsNone: string
  readonly alert: (rule: string, subject: string, since: string) => string
  readonly acknowledged: (by: string, at: string) => string
  readonly unsettled: string
  readonly unsettledLine: (source: string, n: string) => string
  readonly unsettledNone: string
  readonly done: string
  readonly doneNone: string
  readonly job: (kind: JobKind, source: string, n: string) => string
  readonly jobStands: string
  readonly decision: Readonly<Record<DecisionState, (n: string, source: string) => string>>
  readonly because: (reason: string) => string
  readonly by: (operator: string) => string
  readonly sweeps: (source: string, runs: number, claimed: number) => string
  readonly sweepsFailed: (n: number) => string
  readonly notes: string
  readonly notesNone: string
  readonly assigned: string
  readonly assignedNone: string
  readonly lookedAfter: (assignee: string, at: string) => string
  readonly cut: Readonly<Record<HandOver['cut'][number], string>>
  readonly trouble: Readonly<Record<Trouble, string>>
  readonly environment: Readonly<Record<Environment, string>>
  readonly jobState: Readonly<Record<JobState, string>>
  readonly outcome: Readonly<
    Record<
      | 'confirmed'
      | 'returned'
      | 'refused'
      | 'unknown'
      | 'skipped'
      | 'parked'
      | 'unmarked'
      | 'failed'
      | 'expired',
      (n: string) => string
    >
  >
  readonly age: (days: number, hours: number, minutes: number) => string
}

const messagesEn = (n: string): string => `${n} ${n === '1' ? 'message' : 'messages'}`

const en: HandOverWords = {
  comma: ', ',
  title: (since, until) => `Hand-over, ${since} to ${until}`,
  madeBy: (operator, answered, asked) =>
    `Written by ${operator}. ${answered} of ${asked} ${asked === 1 ? 'source' : 'sources'} answered. Times in UTC.`,
  open: 'What is open',
  columns: ['Source', 'Environment', 'Trouble', 'Messages', 'Oldest'],
  nothingOpen: (source) => `${source}: nothing is stuck, failed or unconfirmed.`,
  silent: (source, environment, why) =>
    `**${source}** (${environment}) did not answer (${why}): what is open there is not known.`,
  noSources: 'The workspace has no source.',
  alerts: 'Alerts that fire',
  alertsNone: 'None.',
  alert: (rule, subject, since) => `${rule}: ${subject}, since ${since}`,
  acknowledged: (by, at) => `acknowledged by ${by} at ${at}`,
  unsettled: 'Unknown outcomes left to decide',
  unsettledLine: (source, n) => `${source}: ${messagesEn(n)} without an answer from the broker`,
  unsettledNone: 'None.',
  done: 'What was done',
  doneNone: 'Nothing was resent, resolved or swept.',
  job: (kind, source, n) =>
    kind === 'sweep' ? `Swept ${messagesEn(n)} of ${source}` : `Resent ${messagesEn(n)} of ${source}`,
  jobStands: 'stands still and waits for somebody',
  decision: {
    applied: (n, source) => `Resolved ${messagesEn(n)} of ${source}`,
    undone: (n, source) => `Resolved ${messagesEn(n)} of ${source}, and took it back`,
    'not-applied': (n, source) => `Did not resolve ${messagesEn(n)} of ${source}: changed by somebody else`,
    intended: (n, source) =>
      `Began to resolve ${messagesEn(n)} of ${source}; whether it was done is not known yet`,
  },
  because: (reason) => `“${reason}”`,
  by: (operator) => `by ${operator}`,
  sweeps: (source, runs, claimed) =>
    `Sweep of ${source}: ${runs} ${runs === 1 ? 'run' : 'runs'}, ${messagesEn(String(claimed))} due`,
  sweepsFailed: (n) => `${n} ${n === 1 ? 'run' : 'runs'} failed`,
  notes: 'Notes',
  notesNone: 'None were written.',
  assigned: 'Looked after',
  assignedNone: 'No message is assigned.',
  lookedAfter: (assignee, at) => `${assignee}, since ${at}`,
  cut: {
    jobs: 'There were more jobs than are listed here.',
    decisions: 'There were more decisions than are counted here.',
    sweeps: 'There were more runs of sweeps than are counted here.',
    notes: 'There are more notes than are listed here.',
    assignments: 'More messages are assigned than are listed here.',
  },
  trouble: { stuck: 'stuck', failed: 'failed', unconfirmed: 'unconfirmed' },
  environment: { development: 'development', staging: 'staging', production: 'production' },
  jobState: {
    running: 'running',
    paused: 'paused',
    interrupted: 'interrupted',
    done: 'done',
    cancelled: 'stopped by the operator',
  },
  outcome: {
    confirmed: (n) => `${n} confirmed`,
    returned: (n) => `${n} returned`,
    refused: (n) => `${n} refused`,
    unknown: (n) => `${n} unknown`,
    skipped: (n) => `${n} skipped`,
    parked: (n) => `${n} parked`,
    unmarked: (n) => `${n} with a row that had changed and was left alone`,
    failed: (n) => `${n} failed`,
    expired: (n) => `${n} made failed, attempts used up`,
  },
  age: (days, hours, minutes) =>
    days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`,
}

const zhCN: HandOverWords = {
  comma: '，',
  title: (since, until) => `交接：${since} 至 ${until}`,
  madeBy: (operator, answered, asked) =>
    `由 ${operator} 生成。${asked} 个数据源中有 ${answered} 个已答复。时间均为 UTC。`,
  open: '尚未处理',
  columns: ['数据源', '环境', '问题', '消息数', '最早'],
  nothingOpen: (source) => `${source}：没有卡住、失败或待确认的消息。`,
  silent: (source, environment, why) => `**${source}**（${environment}）没有答复（${why}），那里的情况未知。`,
  noSources: '工作区里没有数据源。',
  alerts: '触发中的告警',
  alertsNone: '没有。',
  alert: (rule, subject, since) => `${rule}：${subject}，自 ${since}`,
  acknowledged: (by, at) => `${by} 已于 ${at} 确认`,
  unsettled: '待核实的未知结果',
  unsettledLine: (source, n) => `${source}：${n} 条没有得到 Broker 的答复`,
  unsettledNone: '没有。',
  done: '已做的操作',
  doneNone: '没有重发、标记已处理或补偿扫描。',
  job: (kind, source, n) =>
    kind === 'sweep' ? `补偿扫描 ${source} 的 ${n} 条消息` : `重发 ${source} 的 ${n} 条消息`,
  jobStands: '停着，需要有人处理',
  decision: {
    applied: (n, source) => `将 ${source} 的 ${n} 条消息标记已处理`,
    undone: (n, source) => `将 ${source} 的 ${n} 条消息标记已处理，之后已撤销`,
    'not-applied': (n, source) => `${source} 的 ${n} 条消息未能标记已处理：已被他人改动`,
    intended: (n, source) => `开始将 ${source} 的 ${n} 条消息标记已处理，是否生效尚不清楚`,
  },
  because: (reason) => `“${reason}”`,
  by: (operator) => `操作人 ${operator}`,
  sweeps: (source, runs, claimed) => `${source} 的补偿扫描：运行 ${runs} 次，到期 ${claimed} 条`,
  sweepsFailed: (n) => `${n} 次失败`,
  notes: '备注',
  notesNone: '没有新备注。',
  assigned: '负责中的消息',
  assignedNone: '没有消息指派给任何人。',
  lookedAfter: (assignee, at) => `${assignee}，自 ${at}`,
  cut: {
    jobs: '任务不止这里列出的这些。',
    decisions: '处理决定不止这里统计的这些。',
    sweeps: '补偿扫描不止这里统计的这些次。',
    notes: '备注不止这里列出的这些。',
    assignments: '已指派的消息不止这里列出的这些。',
  },
  trouble: { stuck: '卡住', failed: '失败', unconfirmed: '待确认' },
  environment: { development: '开发', staging: '预发', production: '生产' },
  jobState: {
    running: '运行中',
    paused: '已暂停',
    interrupted: '已中断',
    done: '已完成',
    cancelled: '被操作人停止',
  },
  outcome: {
    confirmed: (n) => `${n} 条已确认`,
    returned: (n) => `${n} 条被退回`,
    refused: (n) => `${n} 条被拒绝`,
    unknown: (n) => `${n} 条结果未知`,
    skipped: (n) => `${n} 条已跳过`,
    parked: (n) => `${n} 条已搁置`,
    unmarked: (n) => `${n} 条的行已被改动，未作标记`,
    failed: (n) => `${n} 条失败`,
    expired: (n) => `${n} 条次数用尽，转为失败`,
  },
  age: (days, hours, minutes) =>
    days > 0 ? `${days} 天 ${hours} 小时` : hours > 0 ? `${hours} 小时 ${minutes} 分` : `${minutes} 分`,
}

export const handOverWords: Readonly<Record<HandOverLanguage, HandOverWords>> = { en, 'zh-CN': zhCN }
