import { defineAsyncComponent } from 'vue'
import type { Component } from 'vue'
import OpeningDialog from './OpeningDialog.vue'

/** A dialog that is a file of its own, read when it is opened first. It counts as open from the first moment. */
export function laterDialog<C extends Component>(load: () => Promise<{ default: C }>): C {
  return defineAsyncComponent<C>({ loader: load, loadingComponent: OpeningDialog, delay: 0 })
}
