import { z } from 'zod'

const text = z.string().min(1)

/** Where a record of a broker says which message it is about. */
export const idPlace = z.union([
  z.strictObject({ header: text }).describe('This header.'),
  z
    .strictObject({ pointer: text.regex(/^(\/[^/]*)+$/, 'a JSON pointer begins with /') })
    .describe('A JSON pointer into the body: /order/messageId.'),
])
