import { parseAst } from 'vite'
import type { Rolldown } from 'vite'

interface Import {
  readonly from: string
  /** As the other module calls them; null where it is all of it. */
  readonly names: readonly string[] | null
}

type Statement = ReturnType<typeof parseAst>['body'][number]
type FromElsewhere = Extract<
  Statement,
  { type: 'ImportDeclaration' | 'ExportNamedDeclaration' | 'ExportAllDeclaration' }
>

/**
 * What these modules import, and what that imports, but not what they import later. A module that only passes names on,
 * as the index of a library does, leads to what was asked of it and to nothing else: otherwise one button would bring
 * ninety components.
 */
export function reachable(roots: readonly string[], context: Rolldown.ChunkingContext): ReadonlySet<string> {
  const seen = new Set(roots)
  const passedOn = new Map<string, ReadonlyMap<string, string> | null>()
  for (const id of seen) {
    for (const { from, names } of importsOf(id, context)) {
      if (!passedOn.has(from)) passedOn.set(from, namesPassedOn(from, context))
      const passing = passedOn.get(from) ?? null
      if (passing === null || names === null) seen.add(from)
      else for (const name of names) seen.add(passing.get(name) ?? from)
    }
  }
  return seen
}

function importsOf(id: string, context: Rolldown.ChunkingContext): readonly Import[] {
  const { statements, idOf } = read(id, context)
  return statements.filter(isFromElsewhere).flatMap((statement) => {
    const from = idOf(statement)
    return from === undefined ? [] : [{ from, names: namesAskedBy(statement) }]
  })
}

/** Module of each name, or null for a module that says something of its own. */
function namesPassedOn(id: string, context: Rolldown.ChunkingContext): ReadonlyMap<string, string> | null {
  const { statements, idOf } = read(id, context)
  const local = new Map<string, string>()
  const passed = new Map<string, string>()
  for (const statement of statements) {
    const from = isFromElsewhere(statement) ? idOf(statement) : undefined
    if (statement.type === 'ImportDeclaration') {
      for (const { local: name } of statement.specifiers) if (from !== undefined) local.set(name.name, from)
    } else if (statement.type === 'ExportAllDeclaration') {
      if (from === undefined) return null
      const named = statement.exported ?? null
      if (named !== null) passed.set(nameOf(named), from)
      else for (const [name, module] of exportsOf(from, context)) passed.set(name, module)
    } else if (statement.type === 'ExportNamedDeclaration' && (statement.declaration ?? null) === null) {
      for (const { local: inner, exported } of statement.specifiers) {
        const source = (statement.source ?? null) === null ? local.get(nameOf(inner)) : from
        if (source !== undefined) passed.set(nameOf(exported), source)
      }
    } else return null
  }
  return passed
}

/** Module of each name that can be had from this one. */
function exportsOf(id: string, context: Rolldown.ChunkingContext): ReadonlyMap<string, string> {
  const passed = namesPassedOn(id, context)
  if (passed !== null) return passed
  return new Map(
    read(id, context)
      .statements.flatMap(declaredBy)
      .map((name) => [name, id]),
  )
}

function declaredBy(statement: Statement): readonly string[] {
  if (statement.type !== 'ExportNamedDeclaration') return []
  const { declaration = null, specifiers } = statement
  if (declaration === null) return specifiers.map(({ exported }) => nameOf(exported))
  if (declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration')
    return declaration.id === null ? [] : [declaration.id.name]
  if (declaration.type !== 'VariableDeclaration') return []
  return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
}

function read(id: string, context: Rolldown.ChunkingContext) {
  const info = context.getModuleInfo(id)
  const code = info?.code ?? ''
  const statements: readonly Statement[] = /\b(import|export)\b/.test(code) ? parseAst(code).body : []
  // The bundler names the modules in the order in which the code asks for them, each once.
  const sources = [...new Set(statements.filter(isFromElsewhere).map(({ source }) => source?.value))]
  const ids = info?.importedIds ?? []
  return { statements, idOf: ({ source }: FromElsewhere) => ids[sources.indexOf(source?.value)] }
}

function isFromElsewhere(statement: Statement): statement is FromElsewhere {
  return 'source' in statement && (statement.source ?? null) !== null
}

function namesAskedBy(statement: FromElsewhere): readonly string[] | null {
  if (statement.type === 'ExportAllDeclaration') return null
  if (statement.type === 'ExportNamedDeclaration')
    return statement.specifiers.map(({ local }) => nameOf(local))
  return statement.specifiers.some(({ type }) => type === 'ImportNamespaceSpecifier')
    ? null
    : statement.specifiers.map((one) => (one.type === 'ImportSpecifier' ? nameOf(one.imported) : 'default'))
}

function nameOf(name: { readonly name: string } | { readonly value: string }): string {
  return 'name' in name ? name.name : name.value
}
