import { RedriveError } from '../../domain/errors.ts'
import { editMessage } from '../../domain/message-edit.ts'
import type { EditRequest, EditResult, SchemaProblem } from '../../domain/message-edit.ts'
import type { MessageContent } from '../../domain/message.ts'
import { named } from '../../domain/named.ts'
import type { SourceConfig } from '../../domain/workspace.ts'
import type { PayloadSchema, PayloadSchemas, SchemaFiles } from '../../ports/payload-schemas.ts'

/** What is edited of a message, and what decides which schema it must match. */
export interface Editable {
  readonly type: string | null
  readonly content: MessageContent
}

export interface EditPorts {
  /** Loaded when a schema is asked for. */
  readonly payloadSchemas: () => Promise<PayloadSchemas>
  readonly schemaFiles: SchemaFiles
}

/** Edits messages of one source, each of its schemas being read once. */
export interface Editor {
  /** One result for each message, in their order. Throws `workspace-invalid` where a schema cannot be used. */
  edit(messages: readonly Editable[], request: EditRequest): Promise<readonly EditResult[]>
}

export function createEditor(ports: EditPorts, outbox: SourceConfig['outbox']): Editor {
  const compiled = new Map<string, Promise<PayloadSchema>>()
  const schemaOf = (path: string): Promise<PayloadSchema> => {
    const known = compiled.get(path) ?? readSchema(ports, path)
    compiled.set(path, known)
    return known
  }
  return {
    async edit(messages, request) {
      const results = messages.map(({ content }) => editMessage(content, request))
      for (const [path, indexes] of bySchema(messages, results, outbox.schemas ?? {})) {
        const schema = await schemaOf(path)
        const problems = schema.check(indexes.map((index) => payloadOf(results[index])))
        indexes.forEach((index, place) => {
          const found = problems[place] ?? []
          if (found.length > 0) results[index] = refused(found)
        })
      }
      return results
    },
  }
}

async function readSchema({ payloadSchemas, schemaFiles }: EditPorts, path: string): Promise<PayloadSchema> {
  const compilation = (await payloadSchemas()).compile(await schemaFiles.read(path))
  if (compilation.ok) return compilation.schema
  throw new RedriveError('workspace-invalid', 'never', { path, at: path, problem: compilation.problem })
}

/** Indexes of the messages that were edited and have a schema, by the path of the schema. */
function bySchema(
  messages: readonly Editable[],
  results: readonly EditResult[],
  schemas: Readonly<Record<string, string>>,
): ReadonlyMap<string, number[]> {
  const groups = new Map<string, number[]>()
  messages.forEach(({ type }, index) => {
    if (type === null || !Object.hasOwn(schemas, type) || !results[index]?.ok) return
    const path = named(schemas, type) ?? ''
    const group = groups.get(path)
    if (group) group.push(index)
    else groups.set(path, [index])
  })
  return groups
}

function payloadOf(result: EditResult | undefined): string {
  return result?.ok ? result.version.payload : ''
}

function refused(problems: readonly SchemaProblem[]): EditResult {
  return { ok: false, problems: problems.map((problem) => ({ from: 'schema', problem })) }
}
