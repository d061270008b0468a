import { defineStore } from 'pinia'
import { onScopeDispose, ref } from 'vue'

/**
 * How often the desktop opened this page again because its process broke down. It is heard from the first moment on: the
 * desktop says it as soon as the page asks for its way to the engine, and that is before the page is drawn.
 */
export const useRestarts = defineStore('restarts', () => {
  const count = ref(0)
  function hear({ source, data }: MessageEvent<unknown>): void {
    if (source !== window || typeof data !== 'object' || data === null) return
    if ('type' in data && data.type === 'redrive:page') count.value += 1
  }
  window.addEventListener('message', hear)
  onScopeDispose(() => window.removeEventListener('message', hear))
  return { count }
})
