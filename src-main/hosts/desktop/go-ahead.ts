import type { Running } from '../compose.ts'

const OPEN_MS_MAX = 30_000

/**
 * Does what a page's first questions need while its scripts are still being read: otherwise they would wait for it, a tenth of
 * a second each. What fails is told to whoever asks.
 */
export function goAhead({ openSources }: Pick<Running, 'openSources'>): void {
  // Whoever decodes a request asks whether it is a form; to know what a form is, Node reads all of its fetch.
  Reflect.get(globalThis, 'FormData')
  openSources(AbortSignal.timeout(OPEN_MS_MAX)).catch(() => undefined)
}
