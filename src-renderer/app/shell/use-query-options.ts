import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { completed, completionAt, type CompletionOption } from '../query-completion.ts'
import { parseQuery } from '../query.ts'
import { useKnownValues } from '../state/known-values.ts'
import { useScope } from '../state/scope.ts'
import { useSources } from '../state/sources.ts'
import type { KnownValues } from '../query-completion.ts'

export type QueryOption = CompletionOption | { readonly kind: 'recent'; readonly text: string }

interface Line {
  readonly text: Ref<string>
  readonly caret: Ref<number>
  readonly focused: Ref<boolean>
  /** Puts a line into the field. */
  readonly put: (line: string, caret: number) => void
  readonly submit: () => void
}

export interface QueryOptions {
  readonly options: ComputedRef<readonly QueryOption[]>
  readonly open: ComputedRef<boolean>
  /** Index of the option that Enter takes; -1: none, Enter asks the query. */
  readonly at: Ref<number>
  /** Parts that are not understood and that nobody is typing just now. */
  readonly mistakes: ComputedRef<readonly string[]>
  readonly edited: () => void
  readonly entered: () => void
  readonly take: (index: number) => void
  readonly steer: (event: KeyboardEvent) => void
}

/** What the query line offers below itself, and the keys that choose from it. */
export function useQueryOptions({ text, caret, focused, put, submit }: Line): QueryOptions {
  const at = ref(-1)
  const shut = ref(false)
  /** Nobody has typed since the line was entered: what stands there is whole, the next word is offered. */
  const fresh = ref(true)

  const { completion, options } = useOffered(text, caret, fresh)
  const open = computed(() => focused.value && !shut.value && options.value.length > 0)
  const mistakes = computed(() =>
    parseQuery(text.value)
      .unknown.filter(
        ({ start, text: part }) =>
          !focused.value || fresh.value || caret.value <= start || caret.value > start + part.length,
      )
      .map((part) => part.text),
  )

  function take(index: number): void {
    const option = options.value[index]
    if (option === undefined) return
    if (option.kind === 'recent') {
      put(option.text, option.text.length)
      submit()
      return
    }
    const done = completed(completion.value, option)
    put(done.line, done.caret)
    edited()
  }
  function edited(): void {
    fresh.value = false
    shut.value = false
    at.value = -1
  }
  function move(by: number): void {
    const count = options.value.length
    // One place more than there are options: the line itself.
    at.value = ((at.value + 1 + by + count + 1) % (count + 1)) - 1
  }

  return {
    options,
    open,
    at,
    mistakes,
    edited,
    take,
    entered: () => {
      fresh.value = true
      shut.value = false
      at.value = -1
    },
    steer: (event) => {
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (!open.value) {
        // An arrow opens again what Escape has shut.
        if (step === undefined) return
        shut.value = false
        event.preventDefault()
        return
      }
      if (step !== undefined) move(step)
      else if (event.key === 'Enter' && at.value >= 0) take(at.value)
      else if (event.key === 'Tab' && !event.shiftKey && (at.value >= 0 || !fresh.value))
        take(Math.max(0, at.value))
      else if (event.key === 'Escape') shut.value = true
      else return
      event.preventDefault()
      event.stopPropagation()
    },
  }
}

/** What fits what stands before the caret; on a whole line what may come next, and the lines before. */
function useOffered(text: Ref<string>, caret: Ref<number>, fresh: Ref<boolean>) {
  const known = useKnownValues()
  const sources = useSources()
  const { scope } = useScope()

  const completion = computed(() => {
    const values: KnownValues = {
      ...known.of(scope.value.places.map(({ name }) => name)),
      source: sources.sources.length < 2 ? [] : ['*', ...sources.sources.map(({ name }) => name)],
    }
    const line = text.value
    if (!fresh.value) return completionAt(line, caret.value, values)
    const next = line === '' || line.endsWith(' ') ? line : `${line} `
    return completionAt(next, next.length, values)
  })
  const options = computed<readonly QueryOption[]>(() => [
    ...completion.value.options,
    ...(fresh.value ? known.recent : [])
      .filter((line) => line !== text.value)
      .map((line) => ({ kind: 'recent' as const, text: line })),
  ])
  return { completion, options }
}
