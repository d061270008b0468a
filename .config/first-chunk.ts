import type { Plugin, Rolldown } from 'vite'

const CHUNK = 'first'

/**
 * What the window shows first is one file, asked for by the document itself: thirty small ones in four waves, each known
 * only once the one before was evaluated, made a start longer by a third. All other pages stay files of their own.
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
      // What main.ts needs to set zod up, before anything is evaluated that makes a schema.
      { name: 'early', test: /node_modules[\\/]zod[\\/]|vite\/preload-helper/, priority: 1 },
      { name: (id, context) => (firstOf(context).has(id) ? CHUNK : null) },
    ],
  }
}

/** What the roots import, not what they import later. */
function reachable(roots: readonly string[], context: Rolldown.ChunkingContext): ReadonlySet<string> {
  const seen = new Set(roots)
  for (const id of seen) for (const next of context.getModuleInfo(id)?.importedIds ?? []) seen.add(next)
  return seen
}

/** Lets the document ask for the first chunk at once, instead of only when its entry was evaluated. */
export function preloadFirstChunk(): Plugin {
  return {
    name: 'preload-first-chunk',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const files = Object.values(bundle ?? {}).flatMap((file) =>
          file.type === 'chunk' && file.name === CHUNK
            ? [file.fileName, ...(file.viteMetadata?.importedCss ?? [])]
            : [],
        )
        return files.map((file) => ({
          tag: 'link',
          injectTo: 'head' as const,
          attrs: {
            rel: file.endsWith('.css') ? 'stylesheet' : 'modulepreload',
            crossorigin: true,
            href: `./${file}`,
          },
        }))
      },
    },
  }
}
