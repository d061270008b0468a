import type { Mapping } from '../../domain/mapping/mapping.ts'
import { mappingDigest } from '../../domain/mapping/walk.ts'
import type { Layouts } from '../../ports/layouts.ts'
import { detectLayouts } from './detect.ts'
import { profileByName } from './profiles.ts'

const OWN = 'redrive-reference'

export const knownLayouts: Layouts = {
  detect: detectLayouts,
  isOwn: (mapping) =>
    mappingDigest(withoutLimit(mapping)) === mappingDigest(withoutLimit(profileByName(OWN))),
}

/** How often to try is the source's own choice and changes nothing of what a row means. */
function withoutLimit({ attempts, ...mapping }: Mapping): Mapping {
  return attempts === undefined ? mapping : { ...mapping, attempts: { ...attempts, limit: 0 } }
}
