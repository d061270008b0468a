import { z } from 'zod'

/** oRPC's frames, as far as its decoder takes for granted: an id, and an address for a request. */
const requestFrame = z.union([
  z.object({ i: z.string(), t: z.literal(1).optional(), p: z.object({ u: z.string() }) }),
  z.object({ i: z.string(), t: z.union([z.literal(3), z.literal(4)]) }),
])

/**
 * Whether a page's message may go to the RPC handler. The handler trusts what it decodes, and fails outside of any
 * call where it may not; the contract itself is checked behind it.
 */
export function isRequestFrame(data: unknown): data is string {
  if (typeof data !== 'string') return false
  try {
    return requestFrame.safeParse(JSON.parse(data)).success
  } catch {
    return false
  }
}
