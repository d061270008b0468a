import { RedriveError } from '../../domain/errors.ts'
import { mappingProblems } from '../../domain/mapping/problems.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingProblem } from '../../domain/mapping/problems.ts'
import { mappingSchema } from './schema.ts'

/** Throws RedriveError `mapping-invalid`, which names the place in the mapping, where it is none. `at`: where it stands. */
export function parseMapping(data: unknown, at: string): Mapping {
  const parsed = mappingSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const place = issue === undefined ? '' : pathOf(deepest(issue))
    throw invalid(at, place, issue === undefined ? 'no mapping' : deepest(issue).message)
  }
  // The editor's line is no part of the mapping, and must not change its digest.
  const mapping = Object.fromEntries(
    Object.entries(parsed.data).filter(([key]) => key !== '$schema'),
  ) as unknown as Mapping
  const [problem] = mappingProblems(mapping)
  if (problem !== undefined) throw invalid(at, problem.at, problem.problem)
  return mapping
}

/** Everything that is wrong with it, each fault at its place; empty: it is a mapping. */
export function mappingFaults(data: unknown): readonly MappingProblem[] {
  const parsed = mappingSchema.safeParse(data)
  if (parsed.success) return mappingProblems(parsed.data)
  return parsed.error.issues
    .map((issue) => deepest(issue))
    .map((issue) => ({ at: pathOf(issue), problem: lowered(issue.message) }))
}

/** The same of a file's text. */
export function parseMappingText(text: string, at: string): Mapping {
  try {
    return parseMapping(JSON.parse(text), at)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(at, '', 'not valid JSON')
    throw error
  }
}

function invalid(at: string, place: string, problem: string): RedriveError {
  return new RedriveError('mapping-invalid', 'never', {
    at: place === '' ? at : `${at}: ${place}`,
    problem: lowered(problem),
  })
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string
  readonly errors?: readonly (readonly Issue[])[]
}

/** Of a union the branch that got furthest is the one that was meant. */
function deepest(issue: Issue, before: readonly PropertyKey[] = []): Issue {
  const path = [...before, ...issue.path]
  const own = { ...issue, path }
  const below = (issue.errors ?? []).flatMap((branch) => branch.map((one) => deepest(one, path)))
  return below.reduce<Issue>((best, one) => (one.path.length > best.path.length ? one : best), own)
}

function pathOf({ path }: Issue): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('')
}
