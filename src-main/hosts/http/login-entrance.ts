import type { IncomingMessage, ServerResponse } from 'node:http'
import { NO_SESSION } from '../../../src-preload/contract/session-end.ts'
import { SignOnFailed } from '../../domain/sign-on.ts'
import type { Entrance, Visit } from './entrance.ts'
import { formOf } from './form-body.ts'
import { enter, openDesk } from './login-desk.ts'
import type { Desk, LoginOptions } from './login-desk.ts'
import { loginLanguage } from './login-words.ts'
import {
  goOnPage,
  LOGIN_PATH,
  LOGIN_POLICY,
  LOGIN_STYLE,
  LOGIN_STYLE_PATH,
  loginPage,
  LOGOUT_PATH,
  SESSION_PATH,
  SIGN_ON_BACK_PATH,
  SIGN_ON_PATH,
} from './login-page.ts'
import type { LoginNews } from './login-page.ts'
import { refusals } from './refusals.ts'
import { refuse } from './refuse.ts'
import type { Session } from './sessions.ts'
import type { SignOn } from './sign-on.ts'

const NAME_CHARS_MAX = 64
/** Of somebody whom the other service did not vouch for. */
const UNKNOWN_PERSON = '?'
const STATUS = { wrong: 401, wait: 429, unavailable: 503, out: 200, 'sso-failed': 403 } as const

interface Exchange {
  readonly desk: Desk
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** For several persons, each known by a token of their own or by another service. */
export function createLoginEntrance(options: LoginOptions): Entrance {
  const desk = openDesk(options)
  return {
    visitOf(request) {
      const session = desk.sessionOf(request)
      return session && visitOf(desk, session)
    },
    answer(request, response, { pathname }) {
      const exchange = { desk, request, response }
      const work = request.method === 'POST' ? posted(exchange, pathname) : read(exchange, pathname)
      work?.().catch((error: unknown) => {
        desk.log.warn({ reason: String(error) }, 'login failed')
        if (response.headersSent) response.destroy()
        else page(exchange, { kind: 'unavailable' })
      })
      return work !== null
    },
    turnAway: (_request, response) =>
      void response.writeHead(303, { location: LOGIN_PATH, 'cache-control': 'no-store' }).end(),
    close: desk.close,
  }
}

/** What a form asks for; null: it is none of these. */
function posted(exchange: Exchange, pathname: string): (() => Promise<void>) | null {
  if (pathname !== LOGIN_PATH && pathname !== LOGOUT_PATH) return null
  const { desk, request, response } = exchange
  if (!desk.origins.originIsOurs(request)) return async () => refuse(response, refusals.foreignForm)
  return () => (pathname === LOGIN_PATH ? logIn(exchange) : logOut(exchange))
}

/** What a link or a page asks for; null: it is none of these. */
function read(exchange: Exchange, pathname: string): (() => Promise<void>) | null {
  const { desk, request, response } = exchange
  if (request.method !== 'GET' && request.method !== 'HEAD') return null
  const { signOn } = desk
  if (pathname === LOGIN_PATH) return async () => page(exchange, null)
  if (pathname === LOGIN_STYLE_PATH)
    return async () =>
      void response.writeHead(200, { 'content-type': 'text/css; charset=utf-8' }).end(LOGIN_STYLE)
  if (pathname === SESSION_PATH) {
    const status = desk.sessionOf(request) === null ? NO_SESSION : 204
    return async () => void response.writeHead(status, { 'cache-control': 'no-store' }).end()
  }
  if (signOn === null) return null
  if (pathname === SIGN_ON_PATH) return () => goOut(exchange, signOn)
  return pathname === SIGN_ON_BACK_PATH ? () => comeBack(exchange, signOn) : null
}

function page({ desk, request, response }: Exchange, news: LoginNews | null): void {
  const chosen = URL.parse(request.url ?? '', 'http://redrive.invalid')?.searchParams.get('lang') ?? null
  const language = loginLanguage(chosen, request.headers['accept-language'])
  if (news?.kind === 'wait') response.setHeader('retry-after', news.seconds)
  const text = loginPage({ language, news, signOn: desk.signOn !== null })
  html(response, news === null ? 200 : STATUS[news.kind], text)
}

async function logIn(exchange: Exchange): Promise<void> {
  const { desk, request, response } = exchange
  const { throttles, operators, refused } = desk
  const form = await formOf(request)
  const name = (form?.get('name') ?? '').trim().slice(0, NAME_CHARS_MAX)
  const token = form?.get('token')?.trim() ?? ''
  const address = desk.origins.address(request)
  const waitMs = Math.max(throttles.name.waitMs(name), throttles.address.waitMs(address))
  if (waitMs > 0) return page(exchange, { kind: 'wait', seconds: Math.ceil(waitMs / 1_000) })
  // Counted before it is looked at: tries that come at once are not all free.
  const forgive = [throttles.name.failed(name), throttles.address.failed(address)]
  const admitted = await operators.admit(name, token)
  if (admitted === null) {
    refused.add({ name, address })
    return page(exchange, { kind: 'wrong' })
  }
  for (const back of forgive) back()
  const caller = { operator: admitted.name, role: admitted.role }
  const kept = await enter(desk, request, caller, { token: admitted.token, by: 'token' })
  response.writeHead(303, { location: '/', 'set-cookie': kept, 'cache-control': 'no-store' }).end()
}

async function logOut(exchange: Exchange): Promise<void> {
  const { desk, request, response } = exchange
  const session = desk.sessionOf(request)
  if (session !== null) desk.sessions.end(session, 'self')
  response.setHeader('set-cookie', desk.cookie('', '; Max-Age=0'))
  page(exchange, { kind: 'out' })
}

async function goOut(exchange: Exchange, way: SignOn): Promise<void> {
  const { desk, request, response } = exchange
  const { origins, log } = desk
  const begun = await way.begin(origins.of(request), origins.secure).catch((error: unknown) => {
    log.warn({ reason: String(error) }, 'sign-on not begun')
    return null
  })
  if (begun === null) return page(exchange, { kind: 'sso-failed', why: 'unreachable' })
  const { location, cookie: pending } = begun
  response.writeHead(303, { location, 'set-cookie': pending, 'cache-control': 'no-store' }).end()
}

async function comeBack(exchange: Exchange, way: SignOn): Promise<void> {
  const { desk, request, response } = exchange
  const { origins, log, refused } = desk
  try {
    const caller = await way.finish(request, origins.of(request))
    const kept = await enter(desk, request, caller, { token: null, by: 'sign-on' })
    response.setHeader('set-cookie', [kept, way.cookieGone(origins.secure)])
    html(response, 200, goOnPage(loginLanguage(null, request.headers['accept-language'])))
  } catch (error) {
    if (!(error instanceof SignOnFailed)) throw error
    log.warn({ why: error.why, reason: error.message }, 'sign-on refused')
    refused.add({ name: UNKNOWN_PERSON, address: origins.address(request) })
    page(exchange, { kind: 'sso-failed', why: error.why })
  }
}

function visitOf({ sessions, isGood }: Desk, session: Session): Visit {
  return {
    caller: session.caller,
    canLogOut: true,
    ended: session.ended,
    touch: () => sessions.touch(session),
    stands: async () => !session.ended.aborted && isGood(session),
  }
}

function html(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': LOGIN_POLICY,
    // Without any referrer a browser sends a form with the origin `null`, which is nobody's.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
