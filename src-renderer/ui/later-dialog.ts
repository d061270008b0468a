import { defineAsyncComponent, h } from 'vue'
import type { Component } from 'vue'
import OpeningDialog from './OpeningDialog.vue'

/** A dialog that is a file of its own, read when it is opened first. It counts as open from the first moment. */
export function laterDialog<C extends Component>(load: () => Promise<{ default: C }>): C {
  return defineAsyncComponent<C>({ loader: load, loadingComponent: OpeningDialog, delay: 0 })
}

/**
 * A menu that is a file of its own, read when `button` is pressed first; the button stays in its place until the menu is
 * there, and keys do not act on the page meanwhile. The menu opens itself.
 */
export function laterMenu<C extends Component>(load: () => Promise<{ default: C }>, button: Component): C {
  const opening = (): ReturnType<typeof h> => h(button, { 'data-opening': '' })
  return defineAsyncComponent<C>({ loader: load, loadingComponent: opening, delay: 0 })
}
