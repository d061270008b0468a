export const inbox = {
  title: '收件箱',
  query: {
    placeholder: 'type:OrderPaid error:"timeout" age:>1h …',
    clear: '清空查询',
    unknown: '看不懂：{part}。改正之前不会按它筛选。',
    help: 'trouble:failed、stuck · state:pending · type: · error:"…" · chain: · exchange: · id: · age:>1h',
  },
}
