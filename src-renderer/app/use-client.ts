import { inject } from 'vue'
import { engineKey, type Client } from '../api/client.ts'

/** The typed client of the engine. Everything it throws is an ApiError. */
export function useClient(): Client {
  const engine = inject(engineKey)
  if (engine === undefined) throw new Error('no engine was provided to the app')
  return engine.client
}
