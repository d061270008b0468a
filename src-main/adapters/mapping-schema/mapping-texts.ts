import { MAPPING_PROBLEMS_MAX } from '../../ports/mapping-texts.ts'
import type { MappingTexts } from '../../ports/mapping-texts.ts'
import type { SchemaFiles } from '../../ports/payload-schemas.ts'
import { mappingFaults, parseMapping, parseMappingText } from './parse.ts'

/** Mappings in the workspace, and in files beside it. */
export function openMappingTexts(files: SchemaFiles): MappingTexts {
  return {
    problems: (data) => mappingFaults(data).slice(0, MAPPING_PROBLEMS_MAX),
    parse: (data) => parseMapping(data, 'mapping'),
    async ofSource({ outbox: { mapping } }) {
      if (mapping === undefined) return null
      return 'file' in mapping ? parseMappingText(await files.read(mapping.file), mapping.file) : mapping
    },
  }
}
