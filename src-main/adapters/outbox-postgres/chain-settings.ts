/** More than this only helps sorts that do not fit anyway, and makes the others slower. */
const WORK_MEM = '64MB'

/** An index-only range must not become a scan of the table for each range. */
export const BY_INDEX: Readonly<Record<string, string>> = {
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  max_parallel_workers_per_gather: '0',
  work_mem: WORK_MEM,
  jit: 'off',
}

/** Groups leave the index in its order, so that a limit ends the reading. */
export const IN_ORDER: Readonly<Record<string, string>> = {
  ...BY_INDEX,
  enable_hashagg: 'off',
  enable_sort: 'off',
}

/** Of so many messages a statement, what the server compiles for it is worth the time that this takes: some 25 ms. */
const COMPILED_FROM_MESSAGES = 3_000_000

/**
 * The same for one statement over about so many messages. Compiled, the fingerprints of ten million take a sixth less. Not
 * inlined: that takes longer than it saves. A server without a compiler reads on as before.
 */
export function inOrder(messages: number): Readonly<Record<string, string>> {
  if (messages < COMPILED_FROM_MESSAGES) return IN_ORDER
  return {
    ...IN_ORDER,
    jit: 'on',
    jit_above_cost: '0',
    jit_optimize_above_cost: '0',
    jit_inline_above_cost: '-1',
  }
}

export function byScan(workers: 1 | 2): Readonly<Record<string, string>> {
  return {
    // The one that gathers works too.
    max_parallel_workers_per_gather: workers === 2 ? '2' : '0',
    work_mem: WORK_MEM,
    jit: 'off',
  }
}

/** Sorts what is too much for hashing; one process does, since what several have sorted must still pass through one. */
export function bySort(): Readonly<Record<string, string>> {
  return { ...byScan(1), enable_hashagg: 'off' }
}
