import { expect, test } from 'vitest'
import { newLatency } from '../../src-main/domain/latency.ts'

const SECOND_MS = 1_000
const FACTOR = 3

/** One answer a second. */
function answering() {
  const latency = newLatency()
  let nowMs = 1_000_000
  return {
    answers(count: number, tookMs: number): void {
      for (let one = 0; one < count; one += 1) latency.note(tookMs, (nowMs += SECOND_MS), FACTOR)
    },
    waits: (seconds: number) => void (nowMs += seconds * SECOND_MS),
    slower: () => latency.slower(nowMs, FACTOR),
  }
}

test('nothing is slow before it is known what is usual', () => {
  const server = answering()
  server.answers(2, 5_000)
  expect(server.slower()).toBeNull()
})

test('a server that answers many times slower than usual is told, and by how much', () => {
  const server = answering()
  server.answers(20, 10)
  expect(server.slower()).toBeNull()
  server.answers(5, 400)
  expect(server.slower()).toBe(40)
})

test('one late answer is no slow server', () => {
  const server = answering()
  server.answers(20, 10)
  server.answers(1, 4_000)
  expect(server.slower()).toBeNull()
})

test('a rise that nobody could notice is none, however many times it is', () => {
  const server = answering()
  server.answers(20, 0.2)
  server.answers(10, 40)
  expect(server.slower()).toBeNull()
})

test('it is itself again after a few calm answers', () => {
  const server = answering()
  server.answers(20, 10)
  server.answers(60, 400)
  expect(server.slower()).toBe(40)
  server.answers(3, 10)
  expect(server.slower()).toBeNull()
})

test('a slow time does not become usual, even a long one', () => {
  const server = answering()
  server.answers(120, 10)
  server.answers(20 * 60, 400)
  expect(server.slower()).toBe(40)
})

test('what has been slow for more than half an hour is the new usual', () => {
  const server = answering()
  server.answers(120, 10)
  server.answers(35 * 60, 400)
  expect(server.slower()).toBeNull()
  server.answers(5, 4_000)
  expect(server.slower()).toBe(10)
})

test('old answers say nothing of now', () => {
  const server = answering()
  server.answers(20, 10)
  server.answers(5, 400)
  server.waits(60)
  expect(server.slower()).toBeNull()
})
