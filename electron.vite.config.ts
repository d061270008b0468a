import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'
import { firstChunk } from './.config/first-chunk.ts'

const at = (path: string): string => resolve(import.meta.dirname, path)

const main = at('src-main/hosts/desktop/main.ts')
const engine = at('src-main/hosts/desktop/engine.ts')

/** Pure modules of many small files, of which a start would read every one: bundled, less than a third is left. */
const bundled = ['zod', '@orpc/client', '@orpc/contract', '@orpc/server']

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      sourcemap: true,
      externalizeDeps: { exclude: bundled },
      rolldownOptions: {
        // `engine` is started by the main process as a utilityProcess, so it is an entry of its own.
        input: {
          index: main,
          engine,
        },
        // Every start reads all of it; names stay, so that an error says where it was.
        output: {
          minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
          codeSplitting: {
            groups: [
              firstChunk('both', main, engine),
              firstChunk('hear-engine', at('src-main/hosts/desktop/hear-engine.ts')),
              firstChunk('engine', engine),
            ],
          },
        },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      // A sandboxed preload can load neither an ES module nor a dependency: one self-contained CommonJS file.
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: at('src-preload/preload.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: at('src-renderer'),
    plugins: [vue()],
    // The console speaks through `useI18n` and `I18nT` only: what the library has for other styles and for its developers is left out.
    define: { __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
    build: {
      outDir: at('out/renderer'),
      minify: true,
      rolldownOptions: {
        input: at('src-renderer/index.html'),
        output: {
          codeSplitting: {
            groups: [
              firstChunk('first', at('src-renderer/main.ts')),
              firstChunk('dark', at('src-renderer/app/dark-parts.ts')),
              // What pages and dialogs share of the components: twenty small files otherwise.
              { name: 'components', test: /node_modules[\\/](naive-ui|vueuc|treemate)[\\/]/ },
            ],
          },
        },
      },
    },
  },
})
