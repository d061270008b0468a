import { nothingSent } from './errors-mapping.ts'

const nobodyAsked = '没有请求任何一方重发。'

/** Errors of second confirmation. */
export const callbackErrors = {
  'callback-not-configured': {
    what: '工作区中数据源“{source}”没有配置“{part}”。',
    means: nobodyAsked + nothingSent,
    next: '在该数据源的 callback 中写明确认记录在哪里，以及如何请求发送方重发。',
  },
  'callback-not-running': {
    what: '“{source}”的回调服务没有运行，或还没有存完 Broker 中的全部确认。',
    means: '确认可能还在 Broker 中排队，因此无法断定哪些消息未被确认。' + nobodyAsked,
    next: '在本机启动 redrive callback --source {source}，等它追上进度后重试。',
  },
  'callback-places-missing': {
    what: 'Broker“{broker}”上没有 {places}。',
    means: '缺少它就无法保存任何确认。没有创建任何东西。',
    next: '请 Broker 的管理者创建，或用 redrive callback --source {source} --declare 启动。',
  },
  'callback-busy': {
    what: '本机已有“{source}”的另一个回调服务在运行。',
    means: '那个服务继续工作；这一个没有保存也没有请求任何东西。',
    next: '先结束另一个，或让它继续运行。',
  },
}
