import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import { planPieces, PlanLineTooLong } from '../../../src-preload/contract/plan-pieces.ts'
import { toApiError, type ApiError } from '../../api/errors.ts'
import { useClient } from '../use-client.ts'

/** A million messages with their texts fit; what is larger is run from the command line. */
export const PLAN_FILE_BYTES_MAX = 2 * 1024 ** 3

export type ImportProblem =
  | { readonly kind: 'several' }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'line-too-long'; readonly line: number }
  | { readonly kind: 'not-text' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'refused'; readonly error: ApiError }

/** A plan file on its way into the engine: read in pieces, checked by its digest, shown for review. Nothing of it runs. */
export const usePlanImport = defineStore('plan-import', () => {
  const client = useClient()
  const router = useRouter()
  /** Null: no file is taken in, and none was refused. */
  const file = ref<string | null>(null)
  const lines = ref(0)
  const problem = shallowRef<ImportProblem | null>(null)
  let current: AbortController | null = null

  async function take(files: readonly File[]): Promise<void> {
    const [first, ...others] = files
    if (first === undefined) return
    current?.abort()
    const mine = (current = new AbortController())
    file.value = first.name
    lines.value = 0
    problem.value = null
    try {
      if (others.length > 0) problem.value = { kind: 'several' }
      else if (first.size > PLAN_FILE_BYTES_MAX) problem.value = { kind: 'too-large', bytes: first.size }
      else await show(await read(first, mine.signal), mine.signal)
    } catch (thrown) {
      if (!mine.signal.aborted) problem.value = problemOf(thrown)
    }
  }

  async function read(from: File, signal: AbortSignal): Promise<string | null> {
    let token: string | null = null
    for await (const piece of planPieces(textOf(from, signal))) {
      if (token === null)
        token = (await client.plans.importBegin({ header: piece[0] ?? '' }, { signal })).token
      else lines.value = (await client.plans.importItems({ token, lines: [...piece] }, { signal })).received
    }
    return token === null ? null : (await client.plans.importEnd({ token }, { signal })).plan
  }

  async function show(plan: string | null, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    // An empty file: it has not even a first line.
    if (plan === null) problem.value = { kind: 'not-text' }
    else {
      file.value = null
      await router.push({ name: 'plan', query: { plan } })
    }
  }

  return {
    file,
    lines,
    problem,
    take,
    /** What was read so far is dropped by the engine: a plan is kept whole or not at all. */
    close: () => {
      current?.abort()
      file.value = null
      problem.value = null
    },
  }
})

async function* textOf(file: File, signal: AbortSignal): AsyncGenerator<string> {
  const reader = file.stream().getReader()
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (signal.aborted) return
      if (done) break
      yield decoder.decode(value, { stream: true })
    }
    yield decoder.decode()
  } finally {
    await reader.cancel()
  }
}

function problemOf(thrown: unknown): ImportProblem {
  if (thrown instanceof PlanLineTooLong) return { kind: 'line-too-long', line: thrown.line }
  // The decoder's word for bytes that are no text.
  if (thrown instanceof TypeError) return { kind: 'not-text' }
  // Deleted, moved or changed since it was chosen, or not permitted.
  if (thrown instanceof DOMException) return { kind: 'unreadable' }
  return { kind: 'refused', error: toApiError(thrown) }
}
