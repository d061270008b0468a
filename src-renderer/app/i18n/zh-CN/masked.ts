export const masked = {
  fields: '规则遮盖了 {n} 个字段。',
  whole: '规则遮盖了整个消息体。',
  unmask: '查看原文…',
  unmaskOne: '查看这条消息的原文',
  reason: '查看的理由',
  means: '显示之前，你的名字和理由会写入日志；只在当前视图中显示。',
  shown: '当前视图显示的是原文，日志已有记录。',
  again: '重新遮盖',
}
