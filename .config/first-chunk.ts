import type { Rolldown } from 'vite'
import { reachable } from './reachable.ts'

type Group = NonNullable<Rolldown.CodeSplittingOptions['groups']>[number]

const HELPERS = /vite\/preload-helper|rolldown\/runtime/

/**
 * What a start reads first is one file: thirty small ones in four waves, each known only once the one before was evaluated,
 * made a start longer by a third. What is read later stays files of its own.
 * `roots`: modules; in the file is what all of them import, themselves included. Of two groups that want a module the first
 * one has it.
 */
export function firstChunk(chunk: string, ...roots: readonly string[]): Group {
  const found = new WeakMap<Rolldown.ChunkingContext, (id: string) => boolean>()
  const isIn = (context: Rolldown.ChunkingContext): ((id: string) => boolean) => {
    const known = found.get(context)
    if (known !== undefined) return known
    const all = roots.map((root) => reachable([root], context))
    const made = (id: string): boolean => all.every((modules) => modules.has(id))
    found.set(context, made)
    return made
  }
  // With the bundler's own helpers: each would be one more file to wait for.
  return { name: (id, context) => (HELPERS.test(id) || isIn(context)(id) ? chunk : null) }
}
