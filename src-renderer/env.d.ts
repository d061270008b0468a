/// <reference types="vite/client" />

// For tools that do not read .vue files themselves (typed lint rules); vue-tsc sees the real types.
declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent
  export default component
}

interface Window {
  /** Set by the bridge of the desktop; absent in a browser. */
  readonly redriveHost?: 'desktop'
}
