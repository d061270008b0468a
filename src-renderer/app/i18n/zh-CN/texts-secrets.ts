/** 命令为什么没有给出密码；代码与 `src-main/domain/english-texts-secrets.ts` 一一对应。 */
export const chineseSecretTexts = {
  'secret.absent': '无法启动：没有这个程序',
  'secret.not-allowed': '无法启动：当前用户无权运行它',
  'secret.exit': '以代码 {code} 结束',
  'secret.signal': '被 {signal} 终止',
  'secret.late': '{seconds} 秒内没有答复，已被停止',
  'secret.too-large': '输出超过 {bytes} 字节，已被停止',
  'secret.empty': '第一行没有输出任何内容',
  'secret.no-json': '输出的不是 JSON',
  'secret.no-field': '输出的 JSON 在 {at} 处没有文本',
}
