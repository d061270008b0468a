import { describe, expect, test } from 'vitest'
import type { AlertRule } from '../../src-preload/contract/alerts.ts'
import { fieldsOf, ruleOf, wrongFields } from '../../src-renderer/features/alerts/rule-form.ts'
import { addAlert, MANY } from './support/fake-alerts.ts'
import { addSource, changed, createWorld, errorOf, iso, type World } from './support/fake-world.ts'
import { type } from './support/hands.ts'
import { mountConsole } from './support/mount-console.ts'

function world(): World {
  const made = createWorld()
  addSource(made, { name: 'shop', messages: [] })
  made.alerts.sampledAt = iso(made.now() - 20_000)
  return made
}
const rowOf = (alert: string): string => `[data-alert="${alert}"]`

describe('the alerts', () => {
  test('what fires stands first, with what was measured; it is acknowledged, and leads to its messages', async () => {
    const shop = world()
    const old = addAlert(shop, { rule: 'stuck-long', acknowledged: { at: iso(shop.now()), by: 'ben' } })
    const fires = addAlert(shop)
    const page = await mountConsole({ world: shop, path: '/alerts' })
    await page.until(() => expect(page.all('[data-alert]')).toHaveLength(2))
    expect(page.all('[data-alert]').map((row) => row.dataset['alert'])).toEqual([fires.alert, old.alert])
    expect(page.text(rowOf(fires.alert))).toContain('more than 100 failed messages')
    expect(page.text(rowOf(fires.alert))).toContain('214')
    expect(page.text(rowOf(old.alert))).toContain('by ben')
    expect(page.find(rowOf(old.alert)).querySelector('button')).toBeNull()
    await page.click(`${rowOf(fires.alert)} button`)
    await page.until(() => expect(page.find(rowOf(fires.alert)).dataset['state']).toBe('acknowledged'))
    await page.click(`${rowOf(fires.alert)} a`)
    await page.until(() =>
      expect(page.router.currentRoute.value.query).toMatchObject({ source: 'shop', q: 'trouble:failed' }),
    )
  })

  test('with the keyboard: down, acknowledge behind its dialog', async () => {
    const shop = world()
    const first = addAlert(shop, { firedAt: iso(shop.now() - 1_000) })
    const second = addAlert(shop, { rule: 'other' })
    const page = await mountConsole({ world: shop, path: '/alerts' })
    await page.until(() => expect(page.all('[data-alert]')).toHaveLength(2))
    await page.press('j')
    await page.press('e')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('Acknowledge other for shop'))
    expect(shop.alerts.alerts.get(second.alert)?.acknowledged).toBeNull()
    await page.click('[role=dialog] button[type=submit]')
    await page.until(() => expect(shop.alerts.alerts.get(second.alert)?.acknowledged?.by).toBe('mira'))
    expect(shop.alerts.alerts.get(first.alert)?.acknowledged).toBeNull()
  })

  test('a webhook that did not take it is told; resolved ones are below', async () => {
    const shop = world()
    shop.alerts.webhook = 'hooks.example'
    const at = iso(shop.now())
    const failed = addAlert(shop, {
      delivery: { event: 'fired', state: 'due', attempts: 2, at, reason: 'it answered 500' },
    })
    const gone = addAlert(shop, { rule: 'gone', resolved: { at, withdrawn: true } })
    const page = await mountConsole({ world: shop, path: '/alerts' })
    await page.until(() => expect(page.text(rowOf(failed.alert))).toContain('try 2 failed (it answered 500)'))
    expect(page.text('header h1 + *')).toContain('told to hooks.example')
    expect(page.find(rowOf(gone.alert)).dataset['state']).toBe('withdrawn')
  })

  test('nothing fires: it says so with the time of the last look; without a rule it says what one is for', async () => {
    const shop = world()
    const page = await mountConsole({ world: shop, path: '/alerts' })
    await page.until(() => expect(page.text('[data-note=first-use]')).toContain('No rule yet'))
    shop.alerts.rules.set('many', MANY)
    changed(shop)
    await page.until(() => expect(page.text('[data-note=empty]')).toContain('No alert fires. Last look at'))
  })

  test('a rule is written and removed; a name that is taken stays in the dialog', async () => {
    const shop = world()
    const page = await mountConsole({ world: shop, path: '/alerts' })
    await page.until(() => expect(page.find('[data-note=first-use]')).toBeTruthy())
    await page.press('n')
    await page.until(() => expect(page.find('[role=dialog] [aria-label="Name"]')).toBeTruthy())
    await page.click('[role=dialog] button[type=submit]')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('letters, digits'))
    await type(page.find('[role=dialog] [aria-label="Name"]'), 'many')
    shop.switches.fail['alerts.saveRule'] = errorOf('name-in-use', { name: 'many' })
    await page.click('[role=dialog] button[type=submit]')
    await page.until(() => expect(page.text('[role=dialog]')).toContain('The name "many" is in use.'))
    delete shop.switches.fail['alerts.saveRule']
    await page.click('[role=dialog] button[type=submit]')
    await page.until(() => expect(page.text('[data-rule=many]')).toContain('more than 100 failed messages'))
    expect(shop.alerts.rules.get('many')).toEqual(MANY)
    await page.click('[aria-label="Remove the rule many"]')
    await page.until(() => expect(page.find('[role=dialog]')).toBeTruthy())
    await page.click('[role=dialog] button[type=submit]')
    await page.until(() => expect(shop.alerts.rules.size).toBe(0))
  })

  test('the frame says how many fire, on the rail and in the status line', async () => {
    const shop = world()
    addAlert(shop)
    addAlert(shop, { rule: 'other', acknowledged: { at: iso(shop.now()), by: 'ben' } })
    const page = await mountConsole({ world: shop, path: '/journal' })
    await page.until(() => expect(page.text('footer')).toContain('2 alerts fire'))
    expect(page.text('nav a[href="#/alerts"] .badge')).toBe('1')
  })
})

describe('the form of a rule', () => {
  const rules: readonly AlertRule[] = [
    MANY,
    { when: { measure: 'oldest', trouble: 'unknown', above: 900 }, only: 'shop', forSec: 0, repeatSec: null },
    {
      when: { measure: 'failure-rate', above: 0.125, windowSec: 600, publishesMin: 20 },
      only: null,
      forSec: 30,
      repeatSec: 60,
    },
    { when: { measure: 'broker-silent' }, only: 'rabbit', forSec: 60, repeatSec: null },
  ]
  test('what is read is what is written', () => {
    for (const rule of rules) expect(ruleOf(fieldsOf({ name: 'a', rule }))).toEqual(rule)
  })

  test('what is empty or out of its limits is told, and not written', () => {
    const fields = { ...fieldsOf(null), name: 'a b', above: null, forSec: -1, repeatSec: null }
    expect(wrongFields(fields)).toEqual(['name', 'above', 'forSec'])
    expect(ruleOf(fields)).toBeNull()
    // What the measure does not have is not asked for.
    expect(wrongFields({ ...fieldsOf(null), name: 'a', measure: 'stopped', above: null })).toEqual([])
  })
})
