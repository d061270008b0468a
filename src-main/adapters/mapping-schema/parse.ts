import { RedriveError } from '../../domain/errors.ts'
import { mappingProblems } from '../../domain/mapping/problems.ts'
import type { Mapping } from '../../domain/mapping/mapping.ts'
import type { MappingProblem } from '../../domain/mapping/problems.ts'
import { say } from '../../domain/text.ts'
import type { Text } from '../../domain/text.ts'
import { sayIssue } from './issues.ts'
import type { Issue } from './issues.ts'
import { mappingSchema } from './schema.ts'

/** Throws RedriveError `mapping-invalid`, which names the place in the mapping, where it is none. `at`: where it stands. */
export function parseMapping(data: unknown, at: string): Mapping {
  const parsed = mappingSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue === undefined) throw invalid(at, '', say('fault.no-mapping'))
    const deep = deepest(issue)
    throw invalid(at, pathOf(deep), sayIssue(deep, data))
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
    .map((issue) => ({ at: pathOf(issue), problem: sayIssue(issue, data) }))
}

/** The same of a file's text. */
export function parseMappingText(text: string, at: string): Mapping {
  try {
    return parseMapping(JSON.parse(text), at)
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(at, '', say('fault.not-json'))
    throw error
  }
}

function invalid(at: string, place: string, problem: Text): RedriveError {
  return new RedriveError('mapping-invalid', 'never', {
    at: place === '' ? at : `${at}: ${place}`,
    problem,
  })
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
