import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditFinding } from '../../src-preload/contract/audits.ts'
import { addAudit, block, finding, setAudit } from './support/fake-audits.ts'
import { makeMessages } from './support/fake-messages.ts'
import { makePlan } from './support/fake-plans.ts'
import { addBroker, addSource, createWorld, errorOf, type World } from './support/fake-world.ts'
import { button, catchDownloads, field, giveHeight, hasButton, submit, type } from './support/hands.ts'
import { mountConsole, type MountedConsole } from './support/mount-console.ts'

beforeEach(() => giveHeight())

function shop(): World {
  const world = createWorld({ now: () => Date.now() })
  addBroker(world)
  const messages = makeMessages({ count: 20, nowMs: Date.now(), mix: { failed: 1 } })
  addSource(world, { name: 'shop', messages, unlocked: true })
  return world
}

/** 1 ← 2 ← (3) ← 4 ← 5, and 6 that names 4 as well. */
function brokenChain(world: World, more: readonly AuditFinding[] = []): string {
  const links = [
    block(1, null, 'head'),
    block(2, 1),
    block(4, 3, 'gap'),
    block(5, 4),
    block(6, 4, 'wrong'),
    block(7, 6),
  ]
  world.chains.set('a', links)
  const findings = [finding(), finding({ seq: 2, kind: 'fork', id: '6', prevId: '4' }), ...more]
  return addAudit(world, 'shop', { findings }).audit
}

const nodes = (page: MountedConsole): (string | undefined)[] =>
  page.all('[data-node]').map((node) => node.dataset['node'])
const openAudit = async (world: World, audit: string, locale: 'en' | 'zh-CN' = 'en') => {
  const page = await mountConsole({ world, path: `/audits/${audit}`, locale })
  await page.until(() => page.find('.sentence'))
  return page
}

describe('events under two ids', () => {
  test.each(['en', 'zh-CN'] as const)(
    'are listed with their distance in %s; without a fingerprint nothing is said',
    async (locale) => {
      const world = shop()
      const page = await mountConsole({ world, path: '/audits', locale })
      // Where there is no source yet, there is nothing to search.
      await page.until(() =>
        expect(page.find('[data-test=same-events]').hasAttribute('disabled')).toBe(false),
      )
      await page.click('[data-test=same-events]')
      await page.until(() => expect(page.find('[role=dialog]')).toBeTruthy())
      await submit(page)
      await page.until(() => expect(page.text('[role=dialog] [role=alert]')).toContain('fingerprint-not-set'))
      const at = new Date(world.now()).toISOString()
      const first = { id: '7', messageId: 'click-1', at }
      const again = { id: '9', messageId: 'click-2', at }
      world.sameEvents.set('shop', [{ first, again, apartMs: 1_500, says: '' }])
      await submit(page)
      await page.until(() => expect(page.all('[data-event]')).toHaveLength(1))
      expect(page.text('[data-event]')).toContain(locale === 'en' ? '1,500 ms later' : '晚 1,500 毫秒')
      expect(page.find('[data-test=events-said] [data-health=broken]')).toBeTruthy()
    },
  )
})

describe('the list', () => {
  test('says what an audit is before there is one, and what it needs without a source', async () => {
    const page = await mountConsole({ world: shop(), path: '/audits' })
    await page.until(() => expect(page.text('[data-note=first-use]')).toContain('It only reads'))
    const bare = await mountConsole({ world: createWorld(), path: '/audits' })
    await bare.until(() => expect(bare.root.textContent).toContain('No source yet'))
  })

  test('shows verdict, scope, counts and temporary files; cancelled is never intact', async () => {
    const world = shop()
    addAudit(world, 'shop', { scope: { kind: 'chains', chains: ['a'] } })
    addAudit(world, 'shop', { findings: [finding()] })
    addAudit(world, 'shop', { state: 'cancelled', verdict: 'incomplete', method: null })
    const page = await mountConsole({ world, path: '/audits' })
    await page.until(() => expect(page.all('[data-audit]')).toHaveLength(3))
    expect(page.all('[data-audit] [data-health]').map((mark) => mark.dataset['health'])).toEqual([
      'incomplete',
      'broken',
      'intact',
    ])
    const [, broken, intact] = page.all('[data-audit]').map((row) => row.textContent)
    expect(broken).toContain('1.5 MB')
    expect(intact).toContain('chain a')
    await page.press('j')
    await page.press('Enter')
    await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/audits/audit-2'))
  })

  test('keeps what it knows when it cannot ask, and says why', async () => {
    const world = shop()
    addAudit(world, 'shop')
    const page = await mountConsole({ world, path: '/audits' })
    await page.until(() => expect(page.all('[data-audit]')).toHaveLength(1))
    world.switches.fail['audits.list'] = errorOf('store-failed', { path: 'x', problem: 'full' }, 'later')
    addAudit(world, 'shop')
    await page.until(() => expect(page.text('[role=alert]')).toContain('store x cannot be used'))
    expect(page.all('[data-audit]')).toHaveLength(1)
  })

  test('damaged chains stand the worst first; a later look at a chain clears it', async () => {
    const world = shop()
    const findings = [
      finding({ chain: 'b' }),
      finding({ seq: 2, chain: 'a' }),
      finding({ seq: 3, chain: 'a', id: '9' }),
      finding({ seq: 4, chain: 'c' }),
    ]
    addAudit(world, 'shop', { findings })
    addAudit(world, 'shop', { scope: { kind: 'chains', chains: ['c'] } })
    addAudit(world, 'shop', { state: 'failed', verdict: 'incomplete' })
    const page = await mountConsole({ world, path: '/audits' })
    await page.until(() => page.find('[data-audit]'))
    await page.press('v')
    await page.until(() =>
      expect(page.all('[data-chain]').map((row) => row.dataset['chain'])).toEqual(['a', 'b']),
    )
    await page.press('Enter')
    await page.until(() => expect(page.router.currentRoute.value.fullPath).toBe('/audits/audit-1?chain=a'))
  })

  test('is the page that g a goes to', async () => {
    const page = await mountConsole({ world: shop() })
    await page.until(() => page.find('nav'))
    await page.press('g')
    await page.press('a')
    await page.until(() => expect(page.router.currentRoute.value.name).toBe('audits'))
  })
})

describe('an audit', () => {
  test('is started for one chain, moves by its stream, and is cancelled as incomplete', async () => {
    const world = shop()
    const page = await mountConsole({ world, path: '/audits' })
    await page.until(() => expect(button(page, 'Audit…').disabled).toBe(false))
    await page.click(button(page, 'Audit…'))
    await page.until(() => button(page, 'Audit shop'))
    await page.click(page.find('.scopes input[value=chains]'))
    await page.until(() => expect(button(page, 'Audit shop').disabled).toBe(true))
    await type(field(page, 'Chain'), 'O-1042')
    await submit(page)
    await page.until(() => expect(page.text('.sentence')).toContain('no verdict before it has ended'))
    expect(world.audits[0]?.audit.scope).toEqual({ kind: 'chains', chains: ['O-1042'] })
    const progress = { messages: 600, messagesEstimate: 1_200, chains: 3, suspicious: 1 }
    setAudit(world, 'audit-1', { phase: 'walking', progress })
    await page.until(() => expect(page.text('.progress')).toContain('600 of about 1,200 messages'))
    expect(page.find('[role=progressbar]').getAttribute('aria-valuenow')).toBe('50')
    await page.click(button(page, 'Cancel the audit'))
    await page.until(() => expect(page.text('.sentence')).toContain('this says nothing about the chains'))
    expect(page.find('.sentence [data-health]').dataset['health']).toBe('incomplete')
  })

  test('says where its survey was read; the choice is there where the source names a replica', async () => {
    const world = shop()
    world.sources.get('shop')!.connection.replica = 'postgres://redrive@standby.internal/shop'
    const state = { server: 'standby.internal:5432', behindBytes: 2_000, waitedMs: 300, sameSystem: true }
    const method = { reading: 'index' as const, remarks: [], tempBytes: 0 }
    const read = addAudit(world, 'shop', {
      method: { ...method, replica: { ...state, used: true, trouble: null } },
    })
    const page = await openAudit(world, read.audit)
    expect(page.text('[data-fact=replica]')).toContain(
      'the replica standby.internal:5432, 2 kB of log behind, waited for 0.3 s',
    )
    const trouble = { kind: 'behind', reason: 'it lacks 2000 bytes of the log' } as const
    const refused = addAudit(world, 'shop', {
      method: { ...method, replica: { ...state, used: false, trouble } },
    })
    await page.router.push(`/audits/${refused.audit}`)
    await page.until(() => expect(page.text('[data-fact=replica]')).toContain('was not used: it lags behind'))
    await page.router.push('/audits')
    await page.until(() => expect(button(page, 'Audit…').disabled).toBe(false))
    await page.click(button(page, 'Audit…'))
    await page.until(() => button(page, 'Audit shop'))
    await page.click(page.find('.scopes input[value=only]'))
    await submit(page)
    await page.until(() => expect(world.audits[0]?.audit.pace.replica).toBe('only'))
  })

  test('that is busy says so where it was asked for', async () => {
    const world = shop()
    world.switches.fail['audits.start'] = errorOf('audit-busy', { source: 'shop' }, 'later')
    const page = await mountConsole({ world, path: '/audits' })
    await page.until(() => expect(button(page, 'Audit…').disabled).toBe(false))
    await page.press('n')
    await page.until(() => button(page, 'Audit shop'))
    await submit(page)
    await page.until(() => expect(page.text('form [role=alert]')).toContain('audit-busy'))
  })

  test('that failed shows the sentence of its error and no reassurance', async () => {
    const world = shop()
    const trouble = { code: 'query-timeout', reason: 'canceling statement' } as const
    const { audit } = addAudit(world, 'shop', { state: 'failed', verdict: 'incomplete', trouble })
    const page = await openAudit(world, audit)
    expect(page.text('[role=alert]')).toContain('query-timeout')
    await page.until(() => expect(page.text('[data-note=empty]')).toContain('no proof'))
  })

  test('that is unknown says what to do', async () => {
    const page = await mountConsole({ world: shop(), path: '/audits/audit-9' })
    await page.until(() => expect(page.text('[role=alert]')).toContain('audit-9'))
  })

  test('lists its findings with their reasons, in both languages', async () => {
    const world = shop()
    const audit = brokenChain(world)
    const page = await openAudit(world, audit)
    await page.until(() => expect(page.all('[data-finding]')).toHaveLength(2))
    expect(page.text('[data-finding="1"]')).toContain('no open transaction could store it')
    await page.click('[data-kind=fork]')
    await page.until(() =>
      expect(page.all('[data-finding]').map((row) => row.dataset['finding'])).toEqual(['2']),
    )
    const chinese = await openAudit(world, audit, 'zh-CN')
    await chinese.until(() => expect(chinese.root.textContent).toContain('没有未结束的事务会写入它'))
  })

  test('gives its report as two files', async () => {
    const files = catchDownloads()
    const world = shop()
    const page = await openAudit(world, brokenChain(world))
    await page.click(button(page, 'Report as JSON'))
    await page.until(() => expect(page.text('.saved')).toContain('d'.repeat(64)))
    await page.click(button(page, 'Report as a page'))
    await page.until(() => expect([...files.keys()]).toEqual(['audit-1.json', 'audit-1.html']))
    expect(await files.get('audit-1.json')?.()).toBe('{"audit":"audit-1"}')
  })
})

describe('the drawn chain', () => {
  test('a chain without a finding was answered by "No finding fits": it is named', async () => {
    const world = shop()
    world.chains.set('b', [block(1, null, 'head'), block(2, 1)])
    const audit = brokenChain(world)
    const page = await mountConsole({ world, path: `/audits/${audit}?chain=b` })
    await page.until(() =>
      expect(page.text('[data-note]')).toContain('No finding of this audit is listed for the chain b.'),
    )
  })

  test('stands around the finding: the hole dashed between its neighbours, the fork on a branch', async () => {
    const world = shop()
    const page = await openAudit(world, brokenChain(world))
    const wanted = ['block 1', 'block 2', 'hole 3', 'block 4', 'block 5', 'block 6', 'block 7']
    await page.until(() => expect(nodes(page)).toEqual(wanted))
    await page.until(() => expect(page.find('[data-node="hole 3"]').textContent).toContain('lost'))
    expect(page.find('[data-node="block 4"]').getAttribute('aria-current')).toBe('true')
    expect(page.all('[data-arrow=hole]')).toHaveLength(2)
    expect(page.all('[data-arrow=fork]')).toHaveLength(1)
    await page.press('j')
    await page.until(() =>
      expect(page.find('[data-node="block 6"]').getAttribute('aria-current')).toBe('true'),
    )
    await page.press('ArrowLeft')
    await page.until(() => expect(page.text('[data-test=node-facts]')).toContain('m-5'))
    expect(page.find('[data-test=node-facts] a').getAttribute('href')).toBe(
      '#/inbox?source=shop&q=chain:a&id=5',
    )
    const marks = page.all('[data-test=strip-mark]')
    expect(marks.map((mark) => mark.style.left)).toEqual(['50%', '83.5%'])
    await page.click(marks[0]!)
    await page.until(() =>
      expect(page.find('[data-node="block 4"]').getAttribute('aria-current')).toBe('true'),
    )
    await page.press('-')
    await page.press('-')
    await page.until(() => expect(page.all('[data-node] text')).toHaveLength(0))
  })

  test('any chain of an intact audit can be drawn', async () => {
    const world = shop()
    world.chains.set('z', [block(1, null, 'head'), block(2, 1), block(3, 2)])
    const page = await openAudit(world, addAudit(world, 'shop').audit)
    await page.until(() => expect(page.text('[data-note=empty]')).toContain('Nothing to mend'))
    await type(field(page, 'Chain'), 'z')
    page.find('form.choice').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await page.until(() => expect(nodes(page)).toEqual(['block 1', 'block 2', 'block 3']))
    expect(page.all('[data-arrow]').map((arrow) => arrow.dataset['arrow'])).toEqual(['next', 'next'])
  })

  test('leads from a gap to a plan that exists, and says what no plan brings back', async () => {
    const world = shop()
    const selection = { kind: 'filter', filter: { trouble: 'failed' } } as const
    const { plan, items } = makePlan(world, { source: 'shop', selection })
    world.repair = () => ({ plan, gone: { from: '3', to: '3' }, unsent: items, says: '' })
    const page = await openAudit(world, brokenChain(world))
    await page.until(() => expect(page.all('[data-finding]')).toHaveLength(2))
    const plans = world.plans.size
    await page.press('r')
    await page.until(() =>
      expect(page.text('[data-test=gone]')).toContain('Message 3 does not exist any more'),
    )
    await page.click(button(page, `Review the plan of ${items} messages`))
    await submit(page)
    await page.until(() => expect(page.text('[role=dialog]')).toContain(`Resend ${items} messages`))
    // The plan that the repair made, not another one.
    expect(world.plans.size).toBe(plans)
    expect(hasButton(page, 'Change what is sent…')).toBe(false)
  })

  test('says that nothing is left to send', async () => {
    const world = shop()
    const page = await openAudit(world, brokenChain(world))
    await page.until(() => expect(page.all('[data-finding]')).toHaveLength(2))
    await page.press('r')
    await page.until(() => expect(page.text('[data-test=nothing]')).toContain('Nothing of this chain waits'))
    expect(page.all('[role=dialog] button[type=submit]')).toHaveLength(0)
  })

  test('that cannot be read says why and keeps the findings', async () => {
    const world = shop()
    world.switches.fail['audits.chain shop'] = errorOf('chain-not-mapped', { source: 'shop' })
    const page = await openAudit(world, brokenChain(world))
    await page.until(() => expect(page.text('.panel [role=alert]')).toContain('chain-not-mapped'))
    expect(page.all('[data-finding]')).toHaveLength(2)
  })
})
