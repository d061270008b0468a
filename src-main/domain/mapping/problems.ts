import type { ActionProfile, Mapping } from './mapping.ts'
import { say } from '../text.ts'
import type { Text } from '../text.ts'
import { assignmentsOf, keyColumns, usesOf, usesOfAssignments } from './walk.ts'

export interface MappingProblem {
  /** Place in the mapping: retry.set */
  readonly at: string
  readonly problem: Text
}

/** What is wrong with a mapping, apart from the table that it is for. Empty: nothing. */
export function mappingProblems(mapping: Mapping): readonly MappingProblem[] {
  return [
    ...unknownNames(mapping),
    ...keyColumns(mapping).flatMap((column) => writtenAt(mapping, column)),
    ...boundNames(mapping),
    ...actionProblems('retry', mapping.retry),
    ...actionProblems('resolve', mapping.resolve),
    ...halfMessageProblems(mapping),
    ...fieldProblems(mapping),
    ...resendProblems(mapping),
  ]
}

function unknownNames(mapping: Mapping): readonly MappingProblem[] {
  const companions = new Set(Object.keys(mapping.companions ?? {}))
  const settings = new Set(Object.keys(mapping.settings ?? {}))
  const found = new Map<string, MappingProblem>()
  for (const use of usesOf(mapping)) {
    if (!('column' in use) && 'companion' in use && !companions.has(use.companion)) {
      const problem = say('fault.no-companion', { name: use.companion })
      found.set(problem.text, { at: 'companions', problem })
    }
    if ('setting' in use && !settings.has(use.setting)) {
      const problem = say('fault.no-setting', { name: use.setting })
      found.set(problem.text, { at: 'settings', problem })
    }
  }
  return [...found.values()]
}

/** A row that gets another key is another row: nothing could be compared with what the operator saw. */
function writtenAt(mapping: Mapping, column: string): readonly MappingProblem[] {
  return assignmentsOf(mapping)
    .filter(
      ([at, set]) =>
        Object.hasOwn(set, column) && !(at === 'retry.set' && mapping.retry?.does === 'insert-copy'),
    )
    .map(([at]) => ({ at, problem: say('fault.key-written', { column }) }))
}

/** What each place of the mapping may leave to the statement. */
const BOUND: Readonly<Record<string, readonly string[]>> = {
  'resend.claim': ['token'],
  'resend.fail': ['reason'],
  'resend.retry': ['reason', 'delay'],
  'resolve.set': ['token', 'reason'],
  'halfMessages.commit.set': ['reason'],
  'halfMessages.rollback.set': ['reason'],
}

function boundNames(mapping: Mapping): readonly MappingProblem[] {
  return assignmentsOf(mapping).flatMap(([at, set]) => {
    const allowed = at.startsWith('resend.release') ? ['reason'] : (BOUND[at] ?? [])
    return usesOfAssignments(set).flatMap((use) =>
      'bound' in use && !allowed.includes(use.bound)
        ? [{ at, problem: say('fault.bound', { value: use.bound }) }]
        : [],
    )
  })
}

function actionProblems(name: string, profile: ActionProfile | undefined): MappingProblem[] {
  if (profile === undefined) return []
  const { does = 'update', set = {}, never = [], from } = profile
  const problems = never
    .filter((column) => Object.hasOwn(set, column))
    .map((column) => ({ at: `${name}.set`, problem: say('fault.never', { column }) }))
  if (does === 'update' && Object.keys(set).length === 0)
    problems.push({ at: `${name}.set`, problem: say('fault.sets-nothing') })
  if (does === 'delete' && Object.keys(set).length > 0)
    problems.push({ at: `${name}.set`, problem: say('fault.delete-sets') })
  if (does === 'insert-copy' && name === 'resolve')
    problems.push({ at: `${name}.does`, problem: say('fault.copy-resolves') })
  if (from?.length === 0) problems.push({ at: `${name}.from`, problem: say('fault.no-state') })
  return problems
}

function halfMessageProblems({ halfMessages, states }: Mapping): MappingProblem[] {
  if (halfMessages === undefined) return []
  const { commit, rollback, checks } = halfMessages
  const problems = [
    ...actionProblems('halfMessages.commit', commit),
    ...actionProblems('halfMessages.rollback', rollback),
    ...(checks === undefined ? [] : actionProblems('halfMessages.checks', { set: checks.set })),
  ]
  if (commit.does === 'delete')
    problems.push({ at: 'halfMessages.commit.does', problem: say('fault.half-removed') })
  if (!states.some(({ state }) => state === 'waiting-confirm'))
    problems.push({ at: 'halfMessages', problem: say('fault.half-stateless') })
  return problems
}

function fieldProblems({ evidence, columns, companions }: Mapping): MappingProblem[] {
  const problems: MappingProblem[] = []
  if (evidence !== undefined && (evidence.companion === undefined) === (evidence.elsewhere === undefined))
    problems.push({ at: 'evidence', problem: say('fault.evidence') })
  const forms = [
    ...Object.entries(columns ?? {}).map(([name, form]) => [`columns.${name}`, form] as const),
    ...Object.entries(companions ?? {}).flatMap(([companion, of]) =>
      Object.entries(of.columns ?? {}).map(
        ([name, form]) => [`companions.${companion}.columns.${name}`, form] as const,
      ),
    ),
  ]
  for (const [at, form] of forms) {
    if (!('time' in form)) continue
    if (form.time === 'local' && form.zone === undefined)
      problems.push({ at, problem: say('fault.zone-missing') })
    if (form.zone !== undefined && form.time !== 'local' && form.time !== 'date')
      problems.push({ at, problem: say('fault.zone-useless', { form: form.time }) })
  }
  return problems
}

/** What a publish needs: without it Redrive would have to make something up. */
function resendProblems(mapping: Mapping): MappingProblem[] {
  const { resend, payload, destination, attempts, times } = mapping
  if (resend === undefined) return []
  const lacks = [
    ...(payload === undefined ? [say('fault.resend-payload')] : []),
    ...(destination?.exchange === undefined ? [say('fault.resend-destination')] : []),
    ...(attempts === undefined ? [say('fault.resend-attempts')] : []),
    ...(times.created === undefined ? [say('fault.resend-created')] : []),
  ].map((problem) => ({ at: 'resend', problem }))
  if (payload !== undefined && payload.encoding !== 'json' && payload.encoding !== 'text')
    lacks.push({ at: 'payload.encoding', problem: say('fault.resend-encoding') })
  return lacks
}
