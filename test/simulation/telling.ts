import type { SeedReport } from './run-seed.ts'

/** A failing seed as a person reads it: what it plays, the last that happened, what was broken. */
export function tell({ seed, violations, faults, tail, events, virtualMs }: SeedReport): string {
  return [
    `seed ${seed}: ${events} events in ${(virtualMs / 1_000).toFixed(1)} simulated seconds`,
    ...faults.map((fault) => `  with ${fault}`),
    ...tail.map((line) => `    ${line}`),
    ...violations.map(({ property, what }) => `  BROKEN: ${property}: ${what}`),
  ].join('\n')
}
