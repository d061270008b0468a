import { onMounted, onUnmounted } from 'vue'
import { useActs } from '../state/acts.ts'
import { usePlanImport } from '../state/plan-import.ts'
import { useTriage } from '../state/triage.ts'

/** A plan file dropped anywhere on the window is taken in for review; nothing else that is dropped has an effect. */
export function usePlanDrop(): void {
  const acts = useActs()
  const triage = useTriage()
  const plans = usePlanImport()
  /** What was typed into an open dialog must not go away. */
  const busy = (): boolean => acts.act !== null || acts.unlocking !== null || triage.dialog !== null

  function over(event: DragEvent): void {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    event.dataTransfer.dropEffect = busy() ? 'none' : 'copy'
  }
  function drop(event: DragEvent): void {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    // Otherwise the browser would leave the console and show the file.
    event.preventDefault()
    if (!busy()) void plans.take([...event.dataTransfer.files])
  }

  onMounted(() => {
    window.addEventListener('dragover', over)
    window.addEventListener('drop', drop)
  })
  onUnmounted(() => {
    window.removeEventListener('dragover', over)
    window.removeEventListener('drop', drop)
  })
}
