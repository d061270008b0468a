import { defineAsyncComponent, defineComponent, h, onMounted } from 'vue'
import type { Component } from 'vue'
import OpeningDialog from './OpeningDialog.vue'

type Load<C> = () => Promise<{ default: C }>

/** A dialog that is a file of its own, read when it is opened first. It counts as open from the first moment. */
export function laterDialog<C extends Component>(load: Load<C>): C {
  return later(load, OpeningDialog)
}

/**
 * A menu that is a file of its own, read when `button` is pressed first; the button stays in its place until the menu is
 * there, and keys do not act on the page meanwhile. The menu opens itself.
 */
export function laterMenu<C extends Component>(load: Load<C>, button: Component): C {
  return later(load, () => h(button, { 'data-opening': '' }))
}

/** A part of the page that is a file of its own, of which nothing is seen until it is there. */
export function laterPart<C extends Component>(load: Load<C>): C {
  return later(load, () => null)
}

function later<C extends Component>(load: Load<C>, opening: Component): C {
  return defineAsyncComponent<C>({
    loader: load,
    loadingComponent: opening,
    errorComponent: Unread,
    delay: 0,
  })
}

/**
 * The host is gone, or was replaced by another version: what cannot be read closes. Otherwise it would count as open for ever,
 * and no key would be heard any more. Whoever opens it again reads it again.
 */
const Unread = defineComponent({
  emits: { close: () => true },
  setup(_, { emit }) {
    onMounted(() => emit('close'))
    return () => null
  },
})
