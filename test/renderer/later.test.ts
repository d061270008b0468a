import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { defineComponent, h, nextTick } from 'vue'
import { useKeys } from '../../src-renderer/app/keys.ts'
import { laterDialog } from '../../src-renderer/ui/later.ts'

test('keys typed while a dialog is still being read do not act on the page below it', async () => {
  let read: (dialog: { default: typeof Dialog; [Symbol.toStringTag]: string }) => void = () => undefined
  const Dialog = () => h('div', { role: 'dialog', 'aria-modal': 'true' }, 'here')
  const Later = laterDialog<typeof Dialog>(() => new Promise((resolve) => (read = resolve)))
  const heard: string[] = []
  const Page = defineComponent({
    props: { open: Boolean },
    setup(props) {
      useKeys(() => ({ r: () => heard.push('r') }))
      return () => h('div', props.open ? [h(Later)] : [])
    },
  })
  const page = mount(Page, { attachTo: document.body, props: { open: false } })
  const press = () => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'r', bubbles: true }))

  press()
  await page.setProps({ open: true })
  press()
  read({ default: Dialog, [Symbol.toStringTag]: 'Module' })
  await new Promise((done) => setTimeout(done, 0))
  await nextTick()
  expect(document.body.textContent).toContain('here')
  press()
  await page.setProps({ open: false })
  press()

  expect(heard).toEqual(['r', 'r'])
  page.unmount()
})
