import { mappings as contract } from '../../src-preload/contract/mappings.ts'
import type { MappingCandidate, MappingPreview } from '../../src-preload/contract/mapping-steps.ts'
import type { Engine } from '../app/engine.ts'
import { implementer } from './implementer.ts'
import { required } from './signal.ts'

export function mappingStepRoutes(engine: Engine) {
  const { mappings, retrying } = engine
  const os = implementer(engine, { mappings: contract })
  return {
    detect: os.mappings.detect.handler(async ({ input, signal }) => ({
      candidates: plain<MappingCandidate[]>(
        await mappings.detect(input.source, input.table ?? null, required(signal)),
      ),
    })),
    preview: os.mappings.preview.handler(async ({ input, signal }) =>
      plain<MappingPreview>(await mappings.preview(input.source, input.draft ?? null, required(signal))),
    ),
    confirm: os.mappings.confirm.handler(async ({ input, signal }) => {
      const confirmation = await mappings.confirm(input.source, input.digest, required(signal))
      return { ...confirmation, actions: [...confirmation.actions] }
    }),
    retry: os.mappings.retry.handler(async ({ input, signal }) => ({
      results: [...(await retrying.retry(input, required(signal)))],
    })),
  }
}

/** Read-only data as the contract's own; the contract's schema checks it on the way out. */
function plain<T>(data: unknown): T {
  return structuredClone(data) as T
}
