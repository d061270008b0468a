import { expect, test } from 'vitest'
import { forbiddenAt, isTimeZone } from '../../src-main/domain/forbidden-hours.ts'
import type { ForbiddenHours } from '../../src-main/domain/policy.ts'

// 2026-11-29 is a Sunday.
const at = (hours: ForbiddenHours, time: string): boolean => forbiddenAt([hours], new Date(time)) !== null
const shanghai = { from: '09:30', to: '11:00', timeZone: 'Asia/Shanghai' }

test('hours are those of their own time zone, from the first minute to before the last', () => {
  expect(at(shanghai, '2026-11-29T01:29:59Z')).toBe(false)
  expect(at(shanghai, '2026-11-29T01:30:00Z')).toBe(true)
  expect(at(shanghai, '2026-11-29T02:59:59Z')).toBe(true)
  expect(at(shanghai, '2026-11-29T03:00:00Z')).toBe(false)
})

test('a night belongs to the day on which it begins', () => {
  const night: ForbiddenHours = { days: ['sat'], from: '22:00', to: '06:00', timeZone: 'UTC' }
  expect(at(night, '2026-11-28T21:59:00Z')).toBe(false)
  expect(at(night, '2026-11-28T22:00:00Z')).toBe(true)
  expect(at(night, '2026-11-29T05:59:00Z')).toBe(true)
  expect(at(night, '2026-11-29T06:00:00Z')).toBe(false)
  expect(at(night, '2026-11-29T22:00:00Z')).toBe(false)
  expect(at({ ...night, from: '00:00', to: '00:00' }, '2026-11-28T12:00:00Z')).toBe(true)
  expect(at({ ...night, from: '00:00', to: '00:00' }, '2026-11-29T00:00:00Z')).toBe(false)
})

test('summer time moves them with the clocks on the wall', () => {
  const berlin = { from: '09:00', to: '10:00', timeZone: 'Europe/Berlin' }
  expect(at(berlin, '2026-07-01T07:30:00Z')).toBe(true)
  expect(at(berlin, '2026-12-01T07:30:00Z')).toBe(false)
  expect(at(berlin, '2026-12-01T08:30:00Z')).toBe(true)
})

test('only names of time zones are time zones', () => {
  expect(isTimeZone('Asia/Shanghai')).toBe(true)
  expect(isTimeZone('UTC')).toBe(true)
  expect(isTimeZone('Mars/Olympus')).toBe(false)
  expect(isTimeZone('')).toBe(false)
})
