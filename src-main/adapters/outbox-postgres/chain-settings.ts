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
