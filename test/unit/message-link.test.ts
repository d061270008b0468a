import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printMessageLink, readMessageLink } from '../../src-preload/contract/message-link.ts'
import { arrivalIn, arrivalOfFile, arrivalOfLink } from '../../src-main/hosts/desktop/arrivals.ts'

test('a link names a source and a message, and what is printed is read again', () => {
  expect(readMessageLink('redrive://shop/m-88123')).toEqual({ source: 'shop', message: 'm-88123' })
  expect(readMessageLink('REDRIVE://shop/m-88123/')).toEqual({ source: 'shop', message: 'm-88123' })
  expect(readMessageLink('redrive://shop/a%2Fb%20%3F%23%E6%B6%88')).toEqual({
    source: 'shop',
    message: 'a/b ?#消',
  })
  const message = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 400 })
    .filter((text) => text.length <= 400 && !/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(text))
  fc.assert(
    fc.property(message, (message) => {
      const link = printMessageLink({ source: 'shop-1', message })
      expect(readMessageLink(link)).toEqual({ source: 'shop-1', message })
    }),
  )
})

const hostile = [
  ['', 'nothing'],
  ['redrive:', 'no parts'],
  ['redrive://shop', 'no message'],
  ['redrive://shop/', 'an empty message'],
  ['redrive:///m-1', 'no source'],
  ['redrive://shop/m-1/resend', 'a third part'],
  ['redrive://shop/m-1?act=resend', 'a query'],
  ['redrive://shop/m-1#/jobs', 'a fragment'],
  ['redrive://user@shop/m-1', 'a user'],
  ['redrive://shop:80/m-1', 'a port'],
  ['redrive://..%2F..%2Fetc/m-1', 'a source that is a path'],
  ['redrive://shop%00/m-1', 'a zero byte in the source'],
  ['redrive://shop/m%00', 'a zero byte in the message'],
  ['redrive://shop/m%0A1', 'a line break'],
  ['redrive://shop/%E2%80%AEgnp.m', 'letters that turn the text around'],
  ['redrive://shop/%FF', 'no UTF-8'],
  ['redrive://shop/%', 'a percent sign alone'],
  ['redrive://shop/m 1', 'a space'],
  ['redrive://shop/m-1\nredrive://shop/m-2', 'two links'],
  ['redrive-app://console/index.html', 'the scheme of the page'],
  ['javascript:alert(1)', 'another scheme'],
  ['file:///etc/passwd', 'a file'],
  [`redrive://shop/${'m'.repeat(401)}`, 'an id that is too long'],
  [`redrive://shop/${'%61'.repeat(5_000)}`, 'a link that is too long'],
] as const

test.for(hostile)('a link that is none is not read: %s, %s', ([link]) => {
  expect(readMessageLink(link)).toBeNull()
  expect(arrivalOfLink(link)).toEqual({ kind: 'broken-link' })
})

test('a hostile link takes no time', () => {
  const startedAt = performance.now()
  for (const text of ['/'.repeat(4_000), `${'%2'.repeat(1_900)}/`, `redrive://${'a/'.repeat(1_900)}`])
    expect(readMessageLink(text)).toBeNull()
  expect(performance.now() - startedAt).toBeLessThan(100)
})

test('of a command line the first link or plan file counts, and nothing that looks like a switch', () => {
  const link = { kind: 'message', link: { source: 'shop', message: 'm-1' } }
  expect(arrivalIn(['/opt/redrive', '--no-sandbox', 'redrive://shop/m-1'], '/home')).toEqual(link)
  expect(arrivalIn(['redrive://shop/m-1', 'redrive://shop/m-2', '/x.redrive-plan'], '/')).toEqual(link)
  expect(arrivalIn(['--gpu-launcher=redrive://shop/m-1', '-redrive://shop/m-1'], '/')).toBeNull()
  expect(arrivalIn(['redrive:nonsense'], '/')).toEqual({ kind: 'broken-link' })
  expect(arrivalIn(['night.redrive-plan'], '/home/ann')).toEqual({
    kind: 'plan-file',
    path: '/home/ann/night.redrive-plan',
  })
  expect(arrivalIn(['/work', 'plan.ndjson', 'note.txt', ''], '/')).toBeNull()
})

test('a file of another kind is not opened', () => {
  expect(arrivalOfFile('/tmp/A.REDRIVE-PLAN', '/')).toEqual({
    kind: 'plan-file',
    path: '/tmp/A.REDRIVE-PLAN',
  })
  for (const file of [
    '/etc/passwd',
    '/tmp/redrive-plan',
    '/tmp/a\0.redrive-plan',
    `/${'a'.repeat(40_000)}.redrive-plan`,
  ])
    expect(arrivalOfFile(file, '/')).toBeNull()
})
