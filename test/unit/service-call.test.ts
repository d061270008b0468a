import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serviceCall } from '../../src-main/adapters/workspace-file/call-schema.ts'
import { fillCall, messagePlaceholders, serviceCallProblem } from '../../src-main/domain/service-call.ts'
import type { ServiceCall } from '../../src-main/domain/service-call.ts'

type Template = Pick<ServiceCall, 'method' | 'url' | 'headers' | 'body' | 'auth'>
const get = (url: string): Template => ({ method: 'GET', url })
const post = (body: string, headers?: Record<string, string>): Template => ({
  method: 'POST',
  url: 'https://orders.test/check',
  body,
  ...(headers ? { headers } : {}),
})
const problem = (template: Template) => serviceCallProblem(template, messagePlaceholders)

function call(template: Template, values: Readonly<Record<string, string | number>>) {
  const filling = fillCall(template, values)
  if (!filling.ok) throw new Error(`${filling.name} ${filling.problem}`)
  return filling.call
}

describe('a template', () => {
  test('says by name which placeholder there is not', () => {
    expect(problem(get('http://a/{messageID}'))).toEqual({
      at: ['url'],
      problem: `no placeholder {messageID}; there are ${messagePlaceholders.join(', ')}`,
    })
    expect(problem({ ...get('http://a/'), headers: { 'x-id': '{nobody}' } })?.at).toEqual(['headers', 'x-id'])
    expect(problem(post('{"id":"{nobody}"}'))?.problem).toContain('{nobody}')
  })

  test.each([
    ['ftp://a/{id}', 'not a http:// or https:// url'],
    ['http://{type}.test/', 'scheme, host and port hold no placeholder'],
    ['http://a:{attempts}/', 'scheme, host and port hold no placeholder'],
    ['http://me:secret@a/', 'the url holds a login: write it as "auth"'],
    ['http://a/#{id}', 'what follows # is never sent'],
  ])('%s: %s', (url, says) => {
    expect(problem(get(url))).toEqual({ at: ['url'], problem: says })
  })

  test('keeps secrets and framing out of written headers', () => {
    const headed = (name: string) => problem({ ...get('http://a/'), headers: { [name]: 'x' } })?.problem
    expect(headed('Authorization')).toContain('"auth"')
    expect(headed('Content-Length')).toContain('follows from the request')
    expect(headed('bad name')).toBe('not a name of a header')
    expect(headed('x-tenant')).toBeUndefined()
  })

  test('is JSON once it is filled, and a GET has no body', () => {
    expect(problem({ ...get('http://a/'), body: '{}' })?.problem).toBe('GET has no body')
    expect(problem(post('{"id": {messageId}}'))?.problem).toContain('inside quotes')
    expect(problem(post('{"id": "{messageId}", "n": {attempts}}'))).toBeNull()
    expect(problem(post('id={messageId}', { 'content-type': 'text/plain' }))).toBeNull()
  })
})

describe('filling', () => {
  test('encodes for the place of the placeholder', () => {
    const id = 'a/b?c=d&e#"\\\n\u00e9 %'
    expect(call(get('http://a/x/{messageId}?t={type}'), { messageId: id, type: id }).url).toBe(
      `http://a/x/${encodeURIComponent(id)}?t=${encodeURIComponent(id)}`,
    )
    const { body } = call(post('{"id":"{messageId}","n":{attempts}}'), { messageId: id, attempts: 2 })
    expect(JSON.parse(body ?? '')).toEqual({ id, n: 2 })
    const headers = { 'X-Id': 'm={messageId}' }
    expect(call({ ...get('http://a/'), headers }, { messageId: 'a\r\nb: \u00e9%' }).headers).toEqual({
      'x-id': 'm=a%0D%0Ab: %C3%A9%25',
    })
  })

  test('refuses a value that would make the path another one', () => {
    const path = get('http://a/{messageId}/state')
    expect(fillCall(path, { messageId: '' })).toEqual({ ok: false, name: 'messageId', problem: 'empty' })
    expect(fillCall(path, { messageId: '..' })).toEqual({ ok: false, name: 'messageId', problem: 'dots' })
    expect(fillCall(get('http://a/?m={messageId}'), { messageId: '' }).ok).toBe(true)
  })

  test('holds for any text: one path segment, one string of JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        fc.pre(!/^\.+$/.test(text))
        const url = new URL(call(get('http://a/x/{messageId}/y'), { messageId: text }).url)
        const [, , segment = ''] = url.pathname.split('/')
        expect(decodeURIComponent(segment)).toBe(text.toWellFormed())
        expect(url.pathname.split('/')).toHaveLength(4)
        const { body } = call(post('{"id":"{messageId}"}'), { messageId: text })
        expect(JSON.parse(body ?? '')).toEqual({ id: text })
      }),
    )
  })

  test('fills each placeholder once: what a message says is no template', () => {
    expect(call(post('{"a":"{messageId}"}'), { messageId: '{payload}', payload: 'secret' }).body).toBe(
      '{"a":"{payload}"}',
    )
  })
})

describe('in the workspace file', () => {
  const schema = serviceCall(messagePlaceholders)

  test('has a method, a time limit and a bound where nothing is said', () => {
    expect(schema.parse({ url: 'https://orders.test/{messageId}' })).toEqual({
      method: 'GET',
      url: 'https://orders.test/{messageId}',
      timeoutMs: 5_000,
      answerBytesMax: 65_536,
    })
  })

  test('is told with the place of its fault', () => {
    const { error } = schema.safeParse({ url: 'http://a/', auth: { header: 'host', value: { env: 'T' } } })
    expect(error?.issues.map(({ path, message }) => ({ path, message }))).toEqual([
      { path: ['auth', 'header'], message: 'not a name of a header for a secret' },
    ])
  })
})
