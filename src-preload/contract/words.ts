import { z } from 'zod'
import type { Text } from './text.ts'

export const text: z.ZodType<Text> = z.lazy(() =>
  z.object({ say: z.string(), with: z.record(z.string(), textValue), text: z.string() }),
)
export const textValue = z.union([z.string(), z.number(), text])

/** As `Words`. */
export const words = z.union([z.string(), text])
