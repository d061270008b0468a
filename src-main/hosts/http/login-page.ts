import { loginWords } from './login-words.ts'
import type { LoginLanguage } from './login-words.ts'
import type { SignOnProblem } from '../../domain/sign-on.ts'

export const LOGIN_PATH = '/login'
export const LOGOUT_PATH = '/logout'
export const LOGIN_STYLE_PATH = '/login.css'
/** Tells a page whose line was refused whether it is for want of a session. */
export const SESSION_PATH = '/session'
export const SIGN_ON_PATH = '/login/sign-on'
export const SIGN_ON_BACK_PATH = '/login/sign-on/back'

/** No script, nothing from elsewhere, and a form that goes nowhere but back. */
export const LOGIN_POLICY = [
  "default-src 'none'",
  "style-src-elem 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export type LoginNews =
  | { readonly kind: 'wrong' | 'unavailable' | 'out' }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'sso-failed'; readonly why: SignOnProblem }

export interface LoginPage {
  readonly language: LoginLanguage
  readonly news: LoginNews | null
  /** Whether another service can vouch for people. */
  readonly signOn: boolean
}

/** No part of a request goes into the page. */
export function loginPage({ language, news, signOn }: LoginPage): string {
  const say = loginWords(language)
  const other = language === 'en' ? 'zh-CN' : 'en'
  const told = news === null ? '' : toldOf(news, language)
  const way = signOn ? `<p><a class="act" href="${SIGN_ON_PATH}">${say.sso}</a></p>` : ''
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${LOGIN_STYLE_PATH}">
<title>${say.title}</title>
</head>
<body>
<main>
<h1>${say.title}</h1>
${told}${way}
<form method="post" action="${LOGIN_PATH}?lang=${language}">
<label for="name">${say.name}</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus maxlength="64">
<label for="token">${say.token}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required maxlength="200" aria-describedby="where">
<p id="where">${say.where}</p>
<button type="submit">${say.act}</button>
</form>
<p class="ways"><a href="/">${say.already}</a> <a href="${LOGIN_PATH}?lang=${other}" lang="${other}" hreflang="${other}">${say.other}</a></p>
</main>
</body>
</html>
`
}

function toldOf(news: LoginNews, language: LoginLanguage): string {
  const say = loginWords(language)
  switch (news.kind) {
    case 'out':
      return `<p role="status">${say.out}</p>\n`
    case 'wait':
      return alert(say.wait.replace('{n}', String(news.seconds)))
    case 'sso-failed':
      return alert(say.ssoFailed.replace('{why}', say.why[news.why]))
    default:
      return alert(say[news.kind])
  }
}

function alert(text: string): string {
  return `<p class="wrong" role="alert">${text}</p>\n`
}

/** Browsers hold back a strict cookie on the way from another site: the page itself goes on, which is a way from here. */
export function goOnPage(language: LoginLanguage): string {
  const say = loginWords(language)
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=/">
<link rel="stylesheet" href="${LOGIN_STYLE_PATH}">
<title>Redrive</title>
</head>
<body><main><h1>Redrive</h1><p><a href="/">${say.already}</a></p></main></body>
</html>
`
}

/** The colours of the console's two themes. */
export const LOGIN_STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --frame: #f3f4f6; --line: #b9bfc7; --text: #1a1e24; --quiet: #56606c; --act: #2a323c; --act-text: #ffffff; --wrong: #b02a1e; }
@media (prefers-color-scheme: dark) { :root { --ground: #15181c; --frame: #1c2025; --line: #4a535f; --text: #e3e6ea; --quiet: #9ca6b2; --act: #d5dae1; --act-text: #15181c; --wrong: #ff8f84; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--frame); color: var(--text); font: 13px/20px system-ui, sans-serif; }
main { width: min(400px, 100% - 32px); margin: 12vh auto 32px; padding: 24px; background: var(--ground); border: 1px solid var(--line); border-radius: 4px; }
h1 { margin: 0 0 16px; font-size: 20px; line-height: 28px; font-weight: 600; }
label { display: block; margin-top: 12px; font-weight: 600; }
input { width: 100%; height: 32px; margin-top: 4px; padding: 0 8px; color: var(--text); background: var(--ground); border: 1px solid var(--line); border-radius: 4px; font: inherit; }
button, .act { display: inline-block; height: 32px; margin-top: 8px; padding: 0 16px; line-height: 30px; color: var(--act-text); background: var(--act); border: 1px solid var(--act); border-radius: 4px; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; }
a { color: inherit; }
:focus-visible { outline: 2px solid var(--text); outline-offset: 2px; }
p { margin: 8px 0; }
#where, .ways { color: var(--quiet); }
.ways { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; margin: 24px 0 0; }
.wrong { color: var(--wrong); font-weight: 600; }
`
