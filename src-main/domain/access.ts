/** Where a secret comes from. `value` is for throw-away setups; `keychain` and `prompt` are filled by the host. */
export type SecretRef =
  | { readonly value: string }
  | { readonly env: string }
  | { readonly keychain: true }
  | { readonly prompt: true }

export type TlsMode = 'disable' | 'require' | 'verify-full'

export interface TlsOptions {
  /** `require` encrypts without checking who answers; `verify-full` checks the certificate and the name. */
  readonly mode: TlsMode
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  /** Name to verify where the address is a tunnel's. */
  readonly serverName?: string
}
