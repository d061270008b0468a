/** What the page before the console says. It has no script, so the host writes it in the browser's language. */
const words = {
  en: {
    title: 'Log in to Redrive',
    name: 'Name',
    token: 'Token',
    act: 'Log in',
    sso: 'Log in with your organisation',
    where: 'An administrator makes tokens with “redrive operators add NAME”.',
    already: 'I am logged in already: go on',
    wrong:
      'This name and token do not go together, or the token is over or was taken back. Try again, or ask an administrator for a new one.',
    wait: 'Too many wrong logins. The next one is listened to in {n} seconds.',
    unavailable:
      'Logins cannot be checked or written down now. Try again in a moment; the log of the host says why.',
    ssoFailed: 'The login service of your organisation did not let you in: {why}. Try again.',
    out: 'You are logged out.',
    other: '中文',
    why: {
      expired: 'the attempt took too long or was begun in another browser',
      denied: 'it refused',
      unreachable: 'it does not answer',
      invalid: 'its answer does not hold',
      nameless: 'it does not say who you are in a way that Redrive can write down',
    },
  },
  'zh-CN': {
    title: '登录 Redrive',
    name: '姓名',
    token: '令牌',
    act: '登录',
    sso: '用组织账号登录',
    where: '令牌由管理员用 “redrive operators add NAME” 发放。',
    already: '我已经登录：继续',
    wrong: '姓名和令牌不匹配，或令牌已过期、已收回。请重试，或向管理员要一个新的。',
    wait: '登录失败次数过多，{n} 秒后才会受理下一次登录。',
    unavailable: '现在无法核对或记录登录。请稍后再试；原因见服务端日志。',
    ssoFailed: '组织的登录服务没有放行：{why}。请重试。',
    out: '你已退出登录。',
    other: 'English',
    why: {
      expired: '用时太久，或者是在另一个浏览器里开始的',
      denied: '它拒绝了',
      unreachable: '它没有应答',
      invalid: '它的应答无效',
      nameless: '它给出的身份 Redrive 无法记录',
    },
  },
} as const

export type LoginLanguage = keyof typeof words
export type LoginWords = (typeof words)[LoginLanguage]
export function loginWords(language: LoginLanguage): LoginWords {
  return words[language]
}

/** What was chosen on the page, else what the browser prefers. */
export function loginLanguage(chosen: string | null, accepted: string | undefined): LoginLanguage {
  if (chosen === 'en' || chosen === 'zh-CN') return chosen
  const first = (accepted ?? '').split(',').map((one) => one.trim().toLowerCase())
  return first.find((one) => one.startsWith('zh') || one.startsWith('en'))?.startsWith('zh') ? 'zh-CN' : 'en'
}
