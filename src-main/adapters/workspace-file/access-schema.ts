import { z } from 'zod'

const text = z.string().min(1)

export const secretRef = z
  .union([
    z.strictObject({ value: z.string() }).describe('The password itself; for throw-away setups.'),
    z.strictObject({ env: text }).describe('The environment variable that holds it.'),
    z.strictObject({ keychain: z.literal(true) }).describe('The keychain of the desktop.'),
    z.strictObject({ prompt: z.literal(true) }).describe('Asked for at each start.'),
  ])
  .describe('Where the password comes from.')

export const tls = z
  .strictObject({
    mode: z
      .enum(['disable', 'require', 'verify-full'])
      .describe(
        '`require` encrypts without checking who answers; `verify-full` checks certificate and name.',
      ),
    caFile: text.exactOptional(),
    certFile: text.exactOptional(),
    keyFile: text.exactOptional(),
    serverName: text.describe("Name to verify where the address is a tunnel's.").exactOptional(),
  })
  .refine((value) => (value.certFile === undefined) === (value.keyFile === undefined), {
    error: 'certFile and keyFile belong together',
  })
