import { RedriveError } from '../../domain/errors.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import { mappingColumns } from '../../domain/mapping/walk.ts'
import { shippedProfiles } from './shipped.ts'

/** The profile name that means: find out from the table's columns. */
export const PROFILE_AUTO = 'auto'

/** Not parsed at each start: they are ours, and a test parses every one of them. */
export const profiles = shippedProfiles as readonly Mapping[]

export interface ProfileCandidate {
  readonly mapping: Mapping
  /** Columns that the profile needs and the table has not; empty: it fits. */
  readonly missing: readonly string[]
  /** Columns of the table that the profile knows nothing of. */
  readonly unused: readonly string[]
  readonly reason: string
}

/**
 * Compares the set of column names with every profile; nothing else, because a table's name says nothing and integers
 * mean something else in each layout. Fitting profiles first, those with fewer unused columns before others.
 */
export function detectProfile(columns: readonly string[]): readonly ProfileCandidate[] {
  const present = new Set(columns)
  return profiles
    .map((candidate) => {
      const needed = mappingColumns(candidate)
      const missing = needed.filter((column) => !present.has(column))
      const unused = columns.filter((column) => !needed.includes(column))
      return { mapping: candidate, missing, unused, reason: reasonFor(needed.length, missing, unused) }
    })
    .sort((a, b) => a.missing.length - b.missing.length || a.unused.length - b.unused.length)
}

function reasonFor(needed: number, missing: readonly string[], unused: readonly string[]): string {
  const found = `${needed - missing.length} of ${needed} columns found`
  const lacks = missing.length === 0 ? '' : `; missing: ${missing.join(', ')}`
  return `${found}${lacks}${unused.length === 0 ? '' : `; not used: ${unused.join(', ')}`}`
}

/** Throws RedriveError `no-profile-matches` where no profile has this name. */
export function profileByName(name: string): Mapping {
  const found = profiles.find((candidate) => candidate.profile === name)
  if (found !== undefined) return found
  const known = profiles.map((candidate) => candidate.profile).join(', ')
  throw new RedriveError('workspace-invalid', 'never', {
    at: 'outbox.profile',
    problem: `there is no profile "${name}"; known are ${PROFILE_AUTO}, ${known}`,
  })
}

/**
 * The mapping for a table with these columns. `profile` is a name or `auto`.
 * Throws RedriveError `no-profile-matches` (nothing fits; `missing` is of the nearest) or `column-missing` (the named
 * profile does not fit).
 */
export function chooseMapping(profile: string, columns: readonly string[]): Mapping {
  if (profile !== PROFILE_AUTO) {
    const named = profileByName(profile)
    const missing = mappingColumns(named).filter((column) => !columns.includes(column))
    if (missing.length === 0) return named
    throw new RedriveError('column-missing', 'never', { profile, columns: missing.join(', ') })
  }
  const [best] = detectProfile(columns)
  if (best?.missing.length === 0) return best.mapping
  throw new RedriveError('no-profile-matches', 'never', {
    profile: best?.mapping.profile ?? '-',
    columns: best?.missing.join(', ') ?? '-',
  })
}
