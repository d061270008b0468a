import type { CallAuth, CallFailureKind, FilledCall } from '../domain/service-call.ts'
import type { TlsOptions } from '../domain/workspace.ts'
import type { PasswordSource } from './drivers.ts'

export interface ServiceRequest extends FilledCall {
  readonly tls?: TlsOptions
  /** Where the secret is written; absent: none is. */
  readonly auth?: CallAuth
  /** Asked at each call and not kept. */
  readonly secret: PasswordSource
  readonly timeoutMs: number
  readonly answerBytesMax: number
}

export interface CallFailure {
  readonly kind: CallFailureKind
  /** What the platform says, for a person; it holds no secret and nothing of the request but its host. */
  readonly reason: string
  /** True: the service may have got the request, and may have done what it asks. */
  readonly reached: boolean
}

export interface ServiceAnswer {
  readonly status: number
  /** As UTF-8. Where the service repeats the secret it is masked. */
  readonly body: string
}

export type ServiceReply =
  | { readonly ok: true; readonly answer: ServiceAnswer }
  | { readonly ok: false; readonly failure: CallFailure }

/** Requests to services of the operator's. */
export interface ServiceCalls {
  /**
   * Sends just one request, on a connection of its own, and follows no redirect: any status is an answer. Rejects with the
   * signal's reason where it is aborted, and with nothing else.
   */
  call(request: ServiceRequest, signal: AbortSignal): Promise<ServiceReply>
}
