import { inertText } from '../../src-preload/contract/inert-text.ts'

/**
 * As `src-main/domain/readable-id.ts` does it for the engine and the command line; a test holds them together.
 *
 * An id as a person reads it. That of a row with several key columns is the JSON array of their texts: `["a","2"]`, shown
 * as `a · 2`. Only for the eye: two ids may look alike, and nothing is found by what this gives.
 */
export function readableId(id: string): string {
  return inertText(
    partsOf(id)
      ?.map((part) => part ?? 'null')
      .join(' · ') ?? id,
  )
}

function partsOf(id: string): readonly (string | null)[] | null {
  if (!id.startsWith('[')) return null
  try {
    const parts: unknown = JSON.parse(id)
    const isPart = (one: unknown): boolean => one === null || (typeof one === 'string' && one !== '')
    return Array.isArray(parts) && parts.length > 0 && parts.every(isPart) ? parts : null
  } catch {
    return null
  }
}
