import { z } from 'zod'

const text = z.string().min(1)
const COMMAND_WORDS_MAX = 100
const SECONDS_MAX = 86_400

export const secretRef = z
  .union([
    z.strictObject({ value: z.string() }).describe('The password itself; for throw-away setups.'),
    z.strictObject({ env: text }).describe('The environment variable that holds it.'),
    z.strictObject({ keychain: z.literal(true) }).describe('The keychain of the desktop.'),
    z.strictObject({ prompt: z.literal(true) }).describe('Asked for at each start.'),
    z
      .strictObject({
        command: z
          .tuple([text], z.string())
          .refine((words) => words.length <= COMMAND_WORDS_MAX, { error: 'too many arguments' })
          .describe('Program and arguments. No shell reads them.'),
        seconds: z
          .int()
          .min(1)
          .max(SECONDS_MAX)
          .describe('How long what it prints is good for. Absent: it is run at each log-in.')
          .exactOptional(),
        at: z
          .string()
          .regex(/^(\/([^~/]|~[01])*)+$/, { error: 'no JSON pointer' })
          .describe('JSON pointer into what it prints, as /data/password. Absent: its first line.')
          .exactOptional(),
      })
      .describe('A program that prints it, such as `vault read`.'),
    z
      .strictObject({ secret: text })
      .describe('Its name in the encrypted file of secrets: `redrive secrets set NAME`.'),
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
