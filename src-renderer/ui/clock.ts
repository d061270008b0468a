import { onScopeDispose, readonly, ref, type Ref } from 'vue'

const TICK_MS = 1_000

const now = ref(Date.now())
let offsetMs = 0
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The engine's clock minus this machine's: ages and countdowns follow the engine. */
export function setClockOffset(ms: number): void {
  offsetMs = ms
  now.value = Date.now() + offsetMs
}

/** The engine's time in ms since 1970, ticking once a second for everybody who looks. */
export function useNow(): Readonly<Ref<number>> {
  users += 1
  now.value = Date.now() + offsetMs
  timer ??= setInterval(() => {
    now.value = Date.now() + offsetMs
  }, TICK_MS)
  onScopeDispose(() => {
    users -= 1
    if (users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
