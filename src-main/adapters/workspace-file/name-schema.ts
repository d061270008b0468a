import { z } from 'zod'

const NAME_LENGTH_MAX = 64

/** Of a source, a broker or a rule. */
export const name = z
  .string()
  .max(NAME_LENGTH_MAX)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'a name has letters, digits, - and _ only')
