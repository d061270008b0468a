/** 控制台用词。 */
export const words = {
  state: {
    pending: '待发送',
    scheduled: '已定时',
    'in-flight': '发送中',
    retrying: '重试中',
    sent: '已发送',
    failed: '失败',
    discarded: '已处理',
    unknown: '未知',
  },
  trouble: { stuck: '卡住', failed: '失败' },
  result: {
    confirmed: '已确认',
    returned: '被退回',
    refused: '被拒绝',
    unknown: '结果未知',
    skipped: '已跳过',
    parked: '已搁置',
  },
  job: {
    running: '进行中',
    paused: '已暂停',
    interrupted: '已中断',
    done: '已完成',
    cancelled: '已取消',
  },
  environment: { development: '开发', staging: '预发', production: '生产' },
  connection: {
    idle: '空闲',
    connecting: '连接中',
    connected: '已连接',
    blocked: '被流控',
    disconnected: '已断开',
  },
}
