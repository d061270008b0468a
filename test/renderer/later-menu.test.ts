import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { defineComponent, h, nextTick, ref } from 'vue'
import { useKeys } from '../../src-renderer/app/keys.ts'
import { laterMenu } from '../../src-renderer/ui/later.ts'

test('a menu whose file cannot be read closes: keys are heard again, and the next press reads it again', async () => {
  const Menu = () => h('div', 'here')
  const files = [
    () => Promise.reject(new Error('Failed to fetch dynamically imported module')),
    () => Promise.resolve({ default: Menu, [Symbol.toStringTag]: 'Module' }),
  ]
  const Later = laterMenu<typeof Menu>(
    () => files.shift()?.() ?? Promise.reject(new Error('read thrice')),
    () => h('button', 'menu'),
  )
  const heard: string[] = []
  const Page = defineComponent({
    setup() {
      const open = ref(false)
      useKeys(() => ({ r: () => heard.push('r'), o: () => (open.value = true) }))
      return () => h('div', open.value ? [h(Later, { onClose: () => (open.value = false) })] : [])
    },
  })
  const page = mount(Page, {
    attachTo: document.body,
    global: { config: { errorHandler: () => undefined } },
  })
  const press = async (key: string) => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
    await new Promise((done) => setTimeout(done, 0))
    await nextTick()
  }

  await press('o')
  expect(document.querySelector('[data-opening]')).toBeNull()
  await press('r')
  await press('o')
  expect(document.body.textContent).toContain('here')
  expect(heard).toEqual(['r'])
  page.unmount()
})
