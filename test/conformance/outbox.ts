import { describe } from 'vitest'
import { chainTests, exhaustedTests } from './outbox-chains.ts'
import { contentTests } from './outbox-content.ts'
import { dueTests, retryTests } from './outbox-due.ts'
import { EVERYTHING } from './outbox-fixture.ts'
import type { Abilities, Make } from './outbox-fixture.ts'
import { countingTests, filterTests, lookingTests, readingTests } from './outbox-looking.ts'
import { claimTests, markTests, resolveTests } from './outbox-writing.ts'

/** What every outbox must do, real or fake. `make` is called inside each test. */
export function outboxConformance(name: string, make: Make, can: Abilities = EVERYTHING): void {
  describe(`outbox conformance: ${name}`, () => {
    lookingTests(make)
    filterTests(make)
    contentTests(make)
    countingTests(make)
    readingTests(make)
    claimTests(make)
    markTests(make)
    resolveTests(make)
    dueTests(make, can)
    if (can.chains) chainTests(make, can)
    retryTests(make)
    exhaustedTests(make)
  })
}

/** Only what reads, for a table that has to be read in another way. */
export function outboxLooking(name: string, make: Make): void {
  describe(`outbox conformance, looking: ${name}`, () => {
    lookingTests(make)
    filterTests(make)
    contentTests(make)
    countingTests(make)
    readingTests(make)
  })
}
