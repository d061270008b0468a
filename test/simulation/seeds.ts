import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Property } from './properties.ts'

/** A seed that once failed. It runs first, for good, as long as scenarios are drawn from seeds as they are now. */
export interface KeptSeed {
  readonly seed: number
  readonly broke: Property
  /** What it was, in a few words; empty until somebody has looked. */
  readonly because: string
}

const FILE = join(import.meta.dirname, 'seeds.json')

export function keptSeeds(): readonly KeptSeed[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as KeptSeed[]
}

export function keepSeed(seed: number, broke: Property): void {
  const kept = keptSeeds()
  if (kept.some((one) => one.seed === seed)) return
  writeFileSync(FILE, `${JSON.stringify([...kept, { seed, broke, because: '' }], null, 2)}\n`)
}
