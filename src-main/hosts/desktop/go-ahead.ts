import type { Running } from '../compose.ts'

const OPEN_MS_MAX = 30_000

/**
 * Does what a page's first questions need while its scripts are still being read: otherwise they would wait for it, a tenth of
 * a second. What fails is told to whoever asks.
 */
export function goAhead({ openSources }: Pick<Running, 'openSources'>): void {
  openSources(AbortSignal.timeout(OPEN_MS_MAX)).catch(() => undefined)
}
