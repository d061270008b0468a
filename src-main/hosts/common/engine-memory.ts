/**
 * Environment of an engine in a process of its own. It allocates on many threads for a moment each; with an arena for
 * each of them glibc keeps some 20 MB that nobody uses, and what is large goes back to the system only where it has a
 * mapping of its own. Other platforms do not know the variables.
 */
export const engineMemory = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' } as const
