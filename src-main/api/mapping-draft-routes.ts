import { mappings as contract } from '../../src-preload/contract/mappings.ts'
import type { MappingData } from '../../src-preload/contract/mapping-shapes.ts'
import type { Engine } from '../app/engine.ts'
import { looksLikeOutbox } from '../domain/mapping/roles.ts'
import { tableName } from '../domain/mapping/table-name.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function mappingDraftRoutes(engine: Engine) {
  const { connections, mappings, ports } = engine
  const os = implementer(engine, { mappings: contract })
  const { texts } = ports.mapping
  return {
    current: os.mappings.current.handler(async ({ input }) => {
      const config = await connections.source(input.source)
      const { table, profile, mapping: named } = config.outbox
      const mapping = await texts.ofSource(config)
      const file = named !== undefined && 'file' in named ? named.file : null
      return {
        table,
        profile,
        mapping: mapping && (structuredClone(mapping) as unknown as MappingData),
        file,
      }
    }),
    tables: os.mappings.tables.handler(async ({ input, signal }) => ({
      tables: (await mappings.tables(input.source, required(signal))).map((table) => ({
        name: tableName(table),
        comment: table.comment,
        looksLikeOutbox: looksLikeOutbox(table),
        columns: table.columns.map(({ name, type, nullable, comment }) => ({
          name,
          type,
          nullable,
          comment,
        })),
        keys: table.keys.map((key) => [...key]),
      })),
    })),
    problems: os.mappings.problems.handler(({ input }) => ({
      problems: texts.problems(input.mapping).map((one) => ({ ...one })),
    })),
    save: os.mappings.save.handler(async ({ input, signal }) => {
      const confirmed = await mappings.save(input, required(signal))
      return { confirmed: confirmed && { ...confirmed, actions: [...confirmed.actions] } }
    }),
  }
}
