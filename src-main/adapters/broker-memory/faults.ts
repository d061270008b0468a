/**
 * What goes wrong with one publish, for simulations and the sandbox.
 * - `answer-lost`: it is stored, the answer never comes;
 * - `message-lost`: it is not stored and nobody says so;
 * - `nack`: it is not stored and the broker says so;
 * - `delay`: the answer comes this much later;
 * - `close`: the connection breaks on it, before or after it was stored.
 */
export type MemoryFault =
  | { readonly fault: 'answer-lost' }
  | { readonly fault: 'message-lost' }
  | { readonly fault: 'nack' }
  | { readonly fault: 'delay'; readonly delayMs: number }
  | { readonly fault: 'close'; readonly stored: boolean }

export const NO_FAULT = { fault: 'none' } as const
