import { deadLetterPlace } from '../../domain/dead-letter/place.ts'
import { named } from '../../domain/named.ts'
import { environments } from '../../domain/workspace.ts'
import type { Environment, Workspace } from '../../domain/workspace.ts'

/**
 * Of a source, or of a queue of dead letters: the strictest of the sources that deliver to its broker. A broker that no
 * source delivers to is taken for production. Null: the workspace has no such place.
 */
export function environmentOf({ sources, brokers }: Workspace, place: string): Environment | null {
  const queue = deadLetterPlace(place)
  if (queue === null) return named(sources, place)?.environment ?? null
  if (!Object.hasOwn(brokers, queue.broker)) return null
  const found = Object.values(sources).filter(({ deliver }) => deliver?.broker === queue.broker)
  const ranks = found.map(({ environment }) => environments.indexOf(environment))
  return environments[Math.max(...ranks)] ?? 'production'
}
