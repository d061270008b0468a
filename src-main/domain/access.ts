/** Where a secret comes from. `value` is for throw-away setups; `keychain` and `prompt` are filled by the host. */
export type SecretRef =
  | { readonly value: string }
  | { readonly env: string }
  | { readonly keychain: true }
  | { readonly prompt: true }
  | SecretCommand
  | SecretName

/** A program that prints it: no shell, its arguments one by one. */
export interface SecretCommand {
  readonly command: readonly [string, ...string[]]
  /** How long what it printed is good for. Absent: it is run at each log-in. */
  readonly seconds?: number
  /** JSON pointer into what it prints. Absent: the first line is the secret. */
  readonly at?: string
}

/** Its name in the encrypted file of secrets. */
export interface SecretName {
  readonly secret: string
}

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
