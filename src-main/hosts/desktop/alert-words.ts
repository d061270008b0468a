import type { AlertNotice } from './engine-messages.ts'

/** What the platform shows of an alert: the console's words, as short as a notification has room for. */
export interface AlertWords {
  /** Of one alert. */
  readonly title: (notice: AlertNotice) => string
  readonly body: (notice: AlertNotice) => string
  /** Of all that fire; 0: none does. */
  readonly firing: (count: number) => string
}

const SECONDS = { minute: 60, hour: 3_600 } as const

const english: AlertWords = {
  title: ({ rule, name }) => `${name}: ${rule}`,
  body(notice) {
    const { measure, value } = notice
    const trouble = {
      stuck: 'stuck',
      failed: 'failed',
      unconfirmed: 'unconfirmed',
      unknown: 'of unknown outcome',
    }
    const which = notice.trouble === null ? '' : trouble[notice.trouble]
    switch (measure) {
      case 'count':
        return `${value ?? '?'} messages ${which}`
      case 'oldest':
        return `The oldest message ${which} waits for ${span(value, { s: ' s', m: ' min', h: ' h' })}`
      case 'failure-rate':
        return `${percent(value)} of the publishes are not confirmed`
      case 'stopped':
        return 'A sweep or check-back stands still'
      case 'source-silent':
        return 'The source does not answer'
      case 'broker-silent':
        return 'The broker does not answer, or takes no publishes'
    }
  },
  firing: (count) => {
    if (count === 0) return 'Redrive: no alert fires'
    return count === 1 ? 'Redrive: 1 alert fires' : `Redrive: ${count} alerts fire`
  },
}

const chinese: AlertWords = {
  title: ({ rule, name }) => `${name}：${rule}`,
  body(notice) {
    const { measure, value } = notice
    const trouble = { stuck: '卡住', failed: '失败', unconfirmed: '待确认', unknown: '结果未知' }
    const which = notice.trouble === null ? '' : trouble[notice.trouble]
    switch (measure) {
      case 'count':
        return `${value ?? '?'} 条消息${which}`
      case 'oldest':
        return `最早一条${which}的消息已等待 ${span(value, { s: ' 秒', m: ' 分钟', h: ' 小时' })}`
      case 'failure-rate':
        return `${percent(value)} 的发送未得到确认`
      case 'stopped':
        return '补偿扫描或回查已停止'
      case 'source-silent':
        return '数据源没有响应'
      case 'broker-silent':
        return 'Broker 没有响应，或拒收新消息'
    }
  },
  firing: (count) => (count === 0 ? 'Redrive：没有告警' : `Redrive：${count} 个告警触发中`),
}

export function alertWords(locale: string): AlertWords {
  return locale.toLowerCase().startsWith('zh') ? chinese : english
}

function span(
  seconds: number | null,
  units: { readonly s: string; readonly m: string; readonly h: string },
): string {
  if (seconds === null) return `?${units.s}`
  if (seconds < SECONDS.minute) return `${Math.round(seconds)}${units.s}`
  if (seconds < SECONDS.hour) return `${Math.round(seconds / SECONDS.minute)}${units.m}`
  return `${Math.round(seconds / SECONDS.hour)}${units.h}`
}

function percent(part: number | null): string {
  return part === null ? '?' : `${Math.round(part * 100)} %`
}
