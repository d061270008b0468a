import { expect, test, vi } from 'vitest'
import { makeMessages } from './support/fake-messages.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { button, field, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  addSource(world, {
    name: 'orders',
    environment: 'production',
    messages: makeMessages({ count: 3, nowMs: 0 }),
  })
  addSource(world, { name: 'payments', environment: 'staging' })
  return world
}

async function open(world: World, query: string): Promise<MountedConsole> {
  const page = await mountConsole({ world, path: `/connections?${query}` })
  await page.until(() => page.find('[data-test=test]'))
  return page
}

async function save(page: MountedConsole): Promise<void> {
  page.find('form.editor').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  await new Promise((resolve) => setTimeout(resolve, 0))
}

/** Chooses in one of the selects, as the keyboard does. */
async function choose(
  page: MountedConsole,
  select: 'password-choice' | 'kind',
  words: string,
): Promise<void> {
  await page.click(`[data-test=${select}] .n-base-selection-label`)
  const option = await page.until(() => {
    const found = page.all('.n-base-select-option').find((one) => one.textContent?.trim() === words)
    if (found === undefined) throw new Error(`no choice ${words}`)
    return found
  })
  await page.click(option)
}

async function fillSource(page: MountedConsole, host: string): Promise<void> {
  await type(field(page, 'Name'), 'billing')
  await type(field(page, 'Host'), host)
  await type(field(page, 'Database'), 'billing')
  await type(field(page, 'User'), 'redrive')
}

test('the first use is told in two lines, with the first step', async () => {
  const world = createWorld({ now: () => Date.now() })
  const page = await mountConsole({ world, path: '/connections' })
  await page.until(() => expect(page.all('[data-note=first-use] > p').length).toBe(3))
  expect(page.text('[data-note=first-use]')).toContain('Redrive only reads until you unlock a source.')
  await page.click(button(page, 'Add a broker'))
  await page.until(() => field(page, 'Virtual host'))
})

test('a test that fails is a sentence beside the form, and nothing is saved', async () => {
  const world = shop()
  const page = await open(world, 'new=source')
  await fillSource(page, 'down.internal')
  await type(field(page, 'Password'), 's3cret')
  await page.click('[data-test=test]')
  await page.until(() => expect(page.text('.aside [role=alert]')).toContain('does not answer'))
  expect(page.text('.aside')).toContain('Check host and port, the VPN or tunnel')
  expect(world.sources.has('billing')).toBe(false)
  await type(field(page, 'Host'), 'db.internal')
  expect(page.text('.aside')).toContain('The fields changed after this test.')
  await page.click('[data-test=test]')
  await page.until(() => expect(page.text('[data-test=report]')).toContain('PostgreSQL 16.4'))
  expect(page.text('[data-test=report]')).toContain('primary')
  expect(page.text('[data-test=report]')).toContain('read and mark')
  expect(page.text('[data-test=report]')).toContain('3 ms')
})

test('a typed password is saved and is gone from the page, also from its fields', async () => {
  const world = shop()
  const page = await open(world, 'new=source')
  await fillSource(page, 'db.internal')
  await type(field(page, 'Password'), 's3cret-word')
  await save(page)
  await page.until(() => expect(page.router.currentRoute.value.query['source']).toBe('billing'))
  await page.until(() => page.find('[data-connection="source billing"]'))
  expect(world.sources.get('billing')?.connection.passwordKind).toBe('stored')
  const values = page.all('input').map((one) => (one instanceof HTMLInputElement ? one.value : ''))
  expect(values.join(' ')).not.toContain('s3cret-word')
  expect(document.body.innerHTML).not.toContain('s3cret-word')
  expect(page.root.textContent).toContain('Now: kept in the keychain.')
})

test('a saved password is kept unless another is typed, and a new one leaves the form at once', async () => {
  const world = shop()
  const page = await open(world, 'source=payments')
  await type(field(page, 'Table'), 'app.outbox')
  await save(page)
  await page.until(() => expect(world.sources.get('payments')?.connection.table).toBe('app.outbox'))
  // The form begins anew when it hears that it was saved.
  await page.until(() => expect(page.text('.aside')).toContain('Saved.'))
  await choose(page, 'password-choice', 'type it now')
  await page.until(() => field(page, 'Password'))
  await type(field(page, 'Password'), 'another-word')
  await save(page)
  await page.until(() => expect(page.all('input[type=password]')).toEqual([]))
  await page.until(() => expect(page.text('.aside')).toContain('Saved.'))
  expect(document.body.innerHTML).not.toContain('another-word')
})

test('a standby is named by its address, without a password', async () => {
  const world = shop()
  const page = await open(world, 'source=payments')
  await type(field(page, 'Standby'), 'postgres://redrive:word@standby.internal/payments')
  await save(page)
  await page.until(() => expect(page.text('.problem')).toContain('without a password'))
  await type(field(page, 'Standby'), 'postgres://redrive@standby.internal/payments')
  await save(page)
  const replica = () => world.sources.get('payments')?.connection.replica
  await page.until(() => expect(replica()).toBe('postgres://redrive@standby.internal/payments'))
})

test('a standby that the form empties is no more', async () => {
  const world = shop()
  const { connection } = world.sources.get('payments')!
  connection.replica = 'postgres://redrive@standby.internal/payments'
  const page = await open(world, 'source=payments')
  await type(field(page, 'Standby'), '')
  await save(page)
  await page.until(() => expect(world.sources.get('payments')?.connection.replica).toBeNull())
})

test('where passwords are kept is said as this host keeps them', async () => {
  const world = shop()
  world.switches.keepsPasswords = false
  const page = await open(world, 'new=source')
  await page.until(() => expect(page.root.textContent).toContain('Kept in memory until the engine stops'))
})

test('what is missing is said at its field, and only after trying', async () => {
  const page = await open(shop(), 'new=source')
  expect(page.all('.problem')).toEqual([])
  await type(field(page, 'Name'), 'orders')
  await type(field(page, 'Port'), '70000')
  await save(page)
  await page.until(() => expect(page.all('.problem').length).toBeGreaterThan(3))
  expect(page.all('.problem').map((one) => one.textContent)).toContain('There is one with this name.')
})

test('a whole address pasted into the host fills the fields, the password goes to its own', async () => {
  const page = await open(shop(), 'new=source')
  const event = new Event('paste', { bubbles: true, cancelable: true })
  Object.assign(event, {
    clipboardData: { getData: () => 'postgresql://app:pw%40x@[::1]:6432/shop?sslmode=verify-full' },
  })
  field(page, 'Host').dispatchEvent(event)
  await page.until(() => expect(page.text('[data-test=address]')).toBe('postgres://app@[::1]:6432/shop'))
  expect((field(page, 'Password') as HTMLInputElement).value).toBe('pw@x')
  expect(page.root.textContent).toContain('encrypt and verify')
})

const value = (page: MountedConsole, label: string): string => (field(page, label) as HTMLInputElement).value

test('a source on MySQL or MariaDB has its own port, table, address and advice, and comes back as one', async () => {
  const world = shop()
  const page = await open(world, 'new=source')
  expect(value(page, 'Table')).toBe('public.outbox_message')
  await choose(page, 'kind', 'MySQL or MariaDB')
  await page.until(() => expect(value(page, 'Table')).toBe('outbox_message'))
  expect((field(page, 'Port') as HTMLInputElement).placeholder).toBe('3306')
  expect(page.root.textContent).toContain('/run/mysqld/mysqld.sock')
  await fillSource(page, 'db.internal')
  await type(field(page, 'Password'), 's3cret')
  expect(page.text('[data-test=address]')).toBe('mysql://redrive@db.internal/billing')
  world.switches.report = {
    ...{ role: 'primary', table: 'billing.outbox_message', privileges: { select: true, update: true } },
    ...{ drift: null, readRoleCanWrite: true, indexed: false },
  }
  await page.click('[data-test=test]')
  await page.until(() =>
    expect(page.text('[data-test=index-advice]')).toContain('resources/outbox/mysql.sql'),
  )
  expect(page.text('[data-test=role-advice]')).toContain(
    "on `billing`.`outbox_message` to 'redrive_console'@'%';",
  )
  await save(page)
  await page.until(() => expect(page.text('[data-connection="source billing"]')).toContain('db.internal'))
  expect(world.sources.get('billing')?.connection).toMatchObject({
    driver: 'mysql',
    url: 'mysql://redrive@db.internal/billing',
    table: 'outbox_message',
  })
  await page.until(() => expect(page.all('[data-test=kind]')).toEqual([]))
  expect(page.text('[data-test=address]')).toBe('mysql://redrive@db.internal/billing')
})

test('a pasted address of MariaDB makes a new source one, and leaves a saved one what it is', async () => {
  const world = shop()
  const paste = async (page: MountedConsole) => {
    const event = new Event('paste', { bubbles: true, cancelable: true })
    Object.assign(event, { clipboardData: { getData: () => 'mariadb://app@db:3307/shop' } })
    field(page, 'Host').dispatchEvent(event)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const page = await open(world, 'new=source')
  await paste(page)
  await page.until(() => expect(page.text('[data-test=address]')).toBe('mysql://app@db:3307/shop'))
  expect(page.text('[data-test=kind]')).toContain('MySQL or MariaDB')
  await page.router.push('/connections?source=payments')
  await page.until(() => button(page, 'Remove payments…'))
  await paste(page)
  expect(page.text('[data-test=address]')).toBe('postgres://redrive@db.internal:5432/payments')
})

test('missing index and a role that can write too much come with what to do', async () => {
  const world = shop()
  const page = await open(world, 'source=orders')
  world.switches.report = {
    role: 'standby',
    table: 'app.outbox_message',
    privileges: { select: true, update: false },
    drift: null,
    readRoleCanWrite: true,
    indexed: false,
  }
  await page.click('[data-test=test]')
  await page.until(() =>
    expect(page.text('[data-test=index-advice]')).toContain('resources/outbox/postgres.sql'),
  )
  expect(page.text('[data-test=report]')).toContain('standby: it can be read, not resent from')
  expect(page.text('[data-test=report]')).toContain('read only: resending needs UPDATE')
  const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  await page.click(button(page, 'Copy the SQL'))
  const sql = copied.mock.calls[0]?.[0] ?? ''
  expect(sql).toContain('create role redrive_console login nosuperuser')
  expect(sql).toContain('on app.outbox_message to redrive_console;')
  await page.until(() => button(page, 'Copied'))
})

test('a broker test shows product and version, or the reason', async () => {
  const world = shop()
  const page = await open(world, 'broker=rabbit')
  await page.click('[data-test=test]')
  await page.until(() => expect(page.text('[data-test=report]')).toContain('RabbitMQ 3.13.7'))
  world.switches.fail['connections.test rabbit'] = errorOf('vhost-unknown', { vhost: 'shop' })
  await page.click('[data-test=test]')
  await page.until(() => expect(page.text('.aside [role=alert]')).toContain('no virtual host "shop"'))
})

test('a broker in use cannot be removed; a source can, after a question', async () => {
  const world = shop()
  const page = await open(world, 'broker=rabbit')
  await page.click(button(page, 'Remove rabbit…'))
  await page.until(() => expect(page.text('[role=dialog]')).toContain('orders, payments'))
  expect(button(page, 'Remove broker rabbit').disabled).toBe(true)
  await page.click(button(page, 'Cancel'))
  await page.router.push('/connections?source=payments')
  await page.until(() => button(page, 'Remove payments…'))
  await page.click(button(page, 'Remove payments…'))
  await submit(page)
  await page.until(() => expect(world.sources.has('payments')).toBe(false))
  await page.until(() => expect(page.all('[data-connection="source payments"]')).toEqual([]))
})

test('lock and unlock stand with the source, and edits survive them', async () => {
  const world = shop()
  const page = await open(world, 'source=payments')
  await type(field(page, 'Table'), 'app.outbox')
  await page.click(button(page, 'Unlock payments…'))
  await page.until(() => button(page, 'Unlock payments for 15 minutes'))
  await submit(page)
  await page.until(() => button(page, 'Lock payments now'))
  expect((field(page, 'Table') as HTMLInputElement).value).toBe('app.outbox')
  await page.click(button(page, 'Lock payments now'))
  await page.until(() => expect(hasButton(page, 'Lock payments now')).toBe(false))
})

test('a test that finds the server and not the table offers to look for the outbox, and keeps the source', async () => {
  const world = shop()
  const page = await open(world, 'new=source')
  await fillSource(page, 'db.internal')
  await choose(page, 'password-choice', 'none')
  world.switches.fail['connections.test billing'] = errorOf('table-missing', {
    table: 'public.outbox_message',
  })
  await page.click('[data-test=test]')
  await page.click(await page.until(() => page.find('[data-test=find-outbox]')))
  await page.until(() => expect(page.text('main')).toContain('Mapping of billing'))
  expect(world.sources.has('billing')).toBe(true)
})
