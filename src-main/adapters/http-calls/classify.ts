import { RedriveError } from '../../domain/errors.ts'
import { plain } from '../../domain/text.ts'
import type { CallFailureKind } from '../../domain/service-call.ts'
import type { CallFailure } from '../../ports/service-calls.ts'

const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|EPROTO$)/
const NAME_CODE = /^(ENOTFOUND|EAI_)/

/** The answer was longer than it may be. */
export class AnswerTooLarge extends Error {}

/** Why a call failed. `sent`: the connection stood, so bytes of the request may have arrived. Total. */
export function classify(error: unknown, sent: boolean): CallFailure {
  if (error instanceof AnswerTooLarge) return { kind: 'too-large', reason: error.message, reached: true }
  const kind = kindOf(error, sent)
  // A server that refuses the certificate has not read the request, though the client's side of the handshake was done.
  return { kind, reason: reasonOf(error), reached: sent && kind !== 'tls' }
}

function kindOf(error: unknown, sent: boolean): CallFailureKind {
  if (error instanceof RedriveError && error.code === 'tls-failed') return 'tls'
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  // The one part of a header that was not checked before is the secret.
  if (code === 'ERR_INVALID_CHAR') return 'no-secret'
  if (typeof code === 'string' && TLS_CODE.test(code)) return 'tls'
  if (typeof code === 'string' && NAME_CODE.test(code)) return 'unresolvable'
  return sent ? 'broke' : 'refused'
}

export function reasonOf(error: unknown): string {
  if (error instanceof RedriveError) return plain(error.detail['reason'] ?? error.code)
  // Node tries each address of a name and wraps what each of them said.
  if (error instanceof AggregateError) return error.errors.map((one) => reasonOf(one)).join('; ')
  return error instanceof Error ? error.message : String(error)
}
