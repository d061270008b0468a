import { onScopeDispose, ref, type Ref } from 'vue'
import { useRouter, type RouteLocationRaw } from 'vue-router'

export interface PageLoading {
  readonly loading: Readonly<Ref<boolean>>
  /** The code of the page could not be fetched: the host is gone, or was replaced by another version. */
  readonly failed: Readonly<Ref<boolean>>
  readonly again: () => void
}

/** Pages are loaded when they are first shown; until then the old one stays. */
export function usePageLoading(): PageLoading {
  const router = useRouter()
  const loading = ref(router.currentRoute.value.matched.length === 0)
  const failed = ref(false)
  let wanted: RouteLocationRaw = router.currentRoute.value.fullPath
  const stops = [
    router.beforeEach((to) => {
      wanted = to.fullPath
      loading.value = true
    }),
    router.afterEach(() => {
      loading.value = false
      failed.value = false
    }),
    router.onError(() => {
      loading.value = false
      failed.value = true
    }),
  ]
  onScopeDispose(() => {
    for (const stop of stops) stop()
  })
  return { loading, failed, again: () => void router.push(wanted) }
}
