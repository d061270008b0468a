/**
 * Environment of an engine in a process of its own. It allocates on many threads for a moment each; with an arena for
 * each of them glibc keeps some 20 MB that nobody uses. Other platforms do not know the variable.
 */
export const engineMemory = { MALLOC_ARENA_MAX: '1' } as const
