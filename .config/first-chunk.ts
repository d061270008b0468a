import type { Rolldown } from 'vite'
import { reachable } from './reachable.ts'

const CHUNK = 'first'
const HELPERS = /vite\/preload-helper|rolldown\/runtime/

/**
 * What the window shows first is one file, which is the entry: thirty small ones in four waves, each known only once the
 * one before was evaluated, made a start longer by a third. All other pages stay files of their own.
 * `roots`: the modules whose imports that is.
 */
export function firstChunk(roots: readonly string[]): Rolldown.CodeSplittingOptions {
  const found = new WeakMap<Rolldown.ChunkingContext, ReadonlySet<string>>()
  const firstOf = (context: Rolldown.ChunkingContext): ReadonlySet<string> => {
    const modules = found.get(context) ?? reachable(roots, context)
    found.set(context, modules)
    return modules
  }
  return {
    groups: [
      // With the bundler's own helpers: each would be one more file to wait for.
      { name: (id, context) => (HELPERS.test(id) || firstOf(context).has(id) ? CHUNK : null) },
      // What pages and dialogs share of the components: twenty small files otherwise.
      { name: 'components', test: /node_modules[\\/](naive-ui|vueuc|treemate)[\\/]/ },
    ],
  }
}
