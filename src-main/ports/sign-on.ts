import type { Claims } from '../domain/sign-on.ts'

/** What must come back with the person, so that nobody else's answer is taken for theirs. */
export interface SignOnProof {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** A service that vouches for people. */
export interface SignOnService {
  /** Where a browser goes to log in there; it comes back to `back`. Throws SignOnFailed `unreachable`. */
  begin(back: string): Promise<{ readonly location: string; readonly proof: SignOnProof }>
  /** Who came back, by the address that they came back to. Throws SignOnFailed. */
  finish(arrived: URL, proof: SignOnProof): Promise<Claims>
}
