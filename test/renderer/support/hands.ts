import { flushPromises } from '@vue/test-utils'
import { onTestFinished, vi } from 'vitest'
import { useActs } from '../../../src-renderer/app/state/acts.ts'
import type { MountedConsole } from './mount-console.ts'

/** Types into a field as a person does: the whole text at once is enough for what listens to `input`. */
export async function type(field: HTMLElement, text: string): Promise<void> {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement))
    throw new Error(`not a field: ${field.outerHTML}`)
  field.value = text
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}

/** The field with this label. */
export function field(page: MountedConsole, label: string): HTMLElement {
  return page.find(`[aria-label="${label}"]:is(input, textarea)`)
}

/** The button that says exactly this. */
export function button(page: MountedConsole, words: string): HTMLButtonElement {
  const found = page.all('button').find((one) => one.textContent?.trim() === words)
  if (!(found instanceof HTMLButtonElement)) {
    const there = page.all('button').map((one) => one.textContent?.trim())
    throw new Error(`no button "${words}" among: ${there.join(' | ')}`)
  }
  return found
}

export function hasButton(page: MountedConsole, words: string): boolean {
  return page.all('button').some((one) => one.textContent?.trim() === words)
}

/** Sends the form of the dialog that is open, as Enter in a field does. */
export async function submit(page: MountedConsole): Promise<void> {
  const form = page.all('[role=dialog] form').at(-1)
  form?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await flushPromises()
}

export function acts(page: MountedConsole): ReturnType<typeof useActs> {
  return page.app.runWithContext(() => useActs())
}

const VIEW_PX = 600
const ROW_PX = 30

/** The test DOM has no layout: lists that draw what is visible need a height to see, and rows of a height. */
export function giveHeight(): void {
  const sizes = { clientHeight: VIEW_PX, clientWidth: 1_000, offsetHeight: ROW_PX } as const
  const spies = (['clientHeight', 'clientWidth', 'offsetHeight'] as const).map((name) =>
    vi.spyOn(HTMLElement.prototype, name, 'get').mockReturnValue(sizes[name]),
  )
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
}

/** Files that the page offers for download, by name. */
export function catchDownloads(): Map<string, () => Promise<string>> {
  const files = new Map<string, () => Promise<string>>()
  const blobs = new Map<string, Blob>()
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
    const url = `blob:${blobs.size}`
    if (blob instanceof Blob) blobs.set(url, blob)
    return url
  })
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined)
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    const blob = blobs.get(this.getAttribute('href') ?? '')
    if (blob !== undefined) files.set(this.download, () => blob.text())
  })
  return files
}
