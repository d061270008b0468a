import type { CheckBackConfig } from '../../src-main/domain/check-back.ts'

/** Asks the reference check service at `url` as fast as it can. */
export function checkBackOf(url: string, more: Partial<CheckBackConfig> = {}): CheckBackConfig {
  return {
    enabled: false,
    everySec: 5,
    call: { method: 'GET', url: `${url}/check/{messageId}`, timeoutMs: 300, answerBytesMax: 1_000 },
    answers: [
      { at: '/state', equals: 'done', means: 'commit' },
      { at: '/state', equals: 'rolled-back', means: 'rollback' },
      { status: 404, at: '/state', equals: 'never-heard-of', means: 'rollback' },
    ],
    firstAgeSec: 0,
    againSec: 0,
    checksMax: 2,
    retries: 0,
    retryDelayMs: 1,
    concurrency: 8,
    rate: null,
    ...more,
  }
}
