import type { BrowserContextOptions, Page } from 'playwright-core'
import { declareHalt } from '../../../functions/operations/halts/halt.ts'
import { askedChangeSet } from '../../support/change-sets/asked.ts'
import { agent, person, prodParameter, type What } from '../../support/world.ts'
import { inBrowser } from '../support/browser.ts'
import { hitKeys, tabTo, tooWideOn, unseenStops, violationsOn } from './access.ts'
import { Browsing, dark, phone, picture } from './browsing.ts'

/** The pages for people who see badly, use a keyboard alone, or hold a small phone. */

const people = new Browsing()
const { at } = people

const throttleWorker: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 40 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}

const looks: readonly (readonly [name: string, BrowserContextOptions])[] = [
  ['a desktop', { viewport: { width: 1280, height: 900 } }],
  ['a phone of 320 pixels', { viewport: { width: 320, height: 640 }, isMobile: true }],
]

inBrowser('people who use the pages in their own way', () => {
  people.install()

  const declared = async (value: string, reason: string, by = 'gus', until?: number) => {
    const ports = { ...at.world.ports, halts: at.doors.halts, targetRoles: [] }
    const target = { kind: 'agent', value: agent(value) } as const
    const halt = await declareHalt({ target, reason, until, person: person(by) }, ports)
    if (!halt.ok) throw new Error(halt.code)
    return halt.value
  }

  /** The paths of all pages, each with content. */
  async function everyPage(): Promise<readonly string[]> {
    const { world } = at
    const waiting = await world.submitted(throttleWorker)
    const decided = await world.submitted(prodParameter)
    await world.decide(decided, 'ana')
    await world.decide(decided, 'eve', 'deny')
    const opening = await world.opened('jade', { what: { profile: 'checkout-recovery' }, reason: 'checkout is down' })
    const drill = await world.opened('kofi', {
      ...{ what: { profile: 'checkout-recovery' }, reason: 'a drill of the month', drill: true },
    })
    const changes = await askedChangeSet(world)
    const halt = await declared('librarian', 'it reads what it should not')
    await declared('nightly', 'it is to stop for the night', 'gus', world.clock.now() + 3_600)
    return [
      '/decide',
      `/decide/${waiting.ask.id}`,
      `/decide/${decided.ask.id}`,
      `/decide/${changes}`,
      `/decide/${changes}?find=orders`,
      `/decide/req_${'0'.repeat(26)}`,
      '/requests',
      '/requests?status=denied&action=ssm:PutParameter',
      '/halts',
      '/halts?kind=owner&value=person:dan',
      `/halts/${halt.id}`,
      '/agents',
      '/agents/agent:remediator',
      '/agents/agent:librarian',
      '/agents/map',
      '/agents/map?fold=owner',
      '/agents/unknown',
      '/groups',
      '/measures',
      '/permits',
      '/stand-ins',
      '/ask',
      ...['register', 'retire&agent=agent:remediator', 'change&agent=agent:remediator'].map(
        (change) => `/registry?change=${change}`,
      ),
      '/agents/agent:remediator/usage',
      '/break-glass',
      `/break-glass/${opening.ask.id}`,
      `/break-glass/${drill.ask.id}/drill`,
      '/link',
    ]
  }

  /** Opens all folds of a page, so that their content counts too. */
  const unfold = (page: Page) =>
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")

  /** The violations in the light and in the dark. */
  async function violationsInAnyLight(page: Page): Promise<readonly string[]> {
    const found = await violationsOn(page)
    await page.emulateMedia(dark)
    found.push(...(await violationsOn(page)))
    await page.emulateMedia({ colorScheme: 'light' })
    return found
  }

  test('the header of a page takes one line of a window of 1,280 pixels', async () => {
    const page = await people.openAs('Ana Alves', '/decide', { viewport: { width: 1280, height: 900 } })
    const height = await page.evaluate("document.querySelector('header').getBoundingClientRect().height")
    expect(Number(height)).toBeLessThan(72)
  })

  test.each(looks)(
    'on %s, light and dark, axe finds nothing on any page, none is wider than its window, and focus is always seen',
    async (_look, look) => {
      const paths = await everyPage()
      const page = await people.openAs('Hana Hoshi', '/decide', { ...look, javaScriptEnabled: true, bypassCSP: true })
      const found: { [path: string]: unknown } = {}
      const clean = { violations: [], tooWide: [], unseen: [] }
      for (const path of paths) {
        await page.goto(`${at.url}${path}`)
        await unfold(page)
        found[path] = {
          violations: await violationsInAnyLight(page),
          tooWide: await tooWideOn(page),
          unseen: await unseenStops(page),
        }
      }
      expect(found).toEqual(Object.fromEntries(paths.map((path) => [path, clean])))
      await page.goto(`${at.url}/halts`)
      await page.getByRole('button', { name: 'Halt it now' }).click()
      await page.getByRole('alert').waitFor()
      expect([await violationsInAnyLight(page), await tooWideOn(page)]).toEqual([[], []])
      await page.getByRole('button', { name: 'Log out' }).click()
      await page.getByRole('heading', { name: 'You are logged out' }).waitFor()
      expect([await violationsInAnyLight(page), await tooWideOn(page)]).toEqual([[], []])
    },
    240_000,
  )

  test('a request is read and approved by keyboard alone', async () => {
    const request = await at.world.submitted(prodParameter)
    const page = await people.openAs('Ana Alves', '/decide')
    await tabTo(page, /payment-timeout-ms/)
    await hitKeys(page, 'Enter')
    await page.waitForURL(/\/decide\/req_/)
    await tabTo(page, 'approve-comment')
    await page.keyboard.type('read with the keyboard')
    await tabTo(page, 'Approve exactly this')
    await hitKeys(page, 'Enter')
    await page.getByText('You approved this; it is on record.').waitFor()
    const [decision] = (await at.world.state(request.ask.id)).stages[0]?.decisions ?? []
    expect(decision).toMatchObject({ person: 'person:ana', comment: 'read with the keyboard' })
    await tabTo(page, 'The same as a list, with each entry and its hash')
    await hitKeys(page, 'Enter')
    await tabTo(page, /^\d+ entr(y|ies), with hash/)
    await hitKeys(page, 'Enter')
    const [entry] = await at.world.ledger.entries(request.ask.id)
    expect(
      await page
        .locator('dd', { hasText: entry?.hash ?? 'none' })
        .first()
        .isVisible(),
    ).toBe(true)
    await picture(page, 'timeline')
  })

  test('an agent is halted and the halt lifted by another person, by keyboard alone', async () => {
    const page = await people.openAs('Gus Garcia', '/halts')
    await tabTo(page, 'kind')
    await hitKeys(page, 'Tab')
    await page.keyboard.type('agent:none')
    await tabTo(page, 'reason')
    await page.keyboard.type('it reads what it should not')
    await tabTo(page, 'Halt it now')
    await hitKeys(page, 'Enter')
    await page.getByText('It is unknown.').waitFor()
    await picture(page, 'halts-mended')
    // The invalid field has the focus already.
    await hitKeys(page, 'Control', 'a')
    await page.keyboard.type('agent:librarian')
    await hitKeys(page, 'Escape')
    await tabTo(page, 'Halt it now')
    await hitKeys(page, 'Enter')
    await page.waitForURL(/\/halts\/hlt_/)
    await page.getByText('You declared this halt, so you cannot lift it').waitFor()
    await picture(page, 'halt-declared')
    await declared('nightly', 'it is to stop for the night', 'hana', at.world.clock.now() + 3_600)
    const other = await people.openAs('Hana Hoshi', '/halts')
    await picture(other, 'halts')
    await picture(await people.openAs('Hana Hoshi', '/halts', { ...phone, ...dark }), 'halts-phone-dark')
    await tabTo(other, 'Look, and lift')
    await hitKeys(other, 'Enter')
    await tabTo(other, 'Lift this halt')
    await hitKeys(other, 'Enter')
    await other.getByRole('heading', { name: /^Was halted/ }).waitFor()
    await tabTo(other, 'The entry and its hash')
    await hitKeys(other, 'Enter')
    await picture(other, 'halt-lifted')
    const { items } = await at.doors.halts.list({ lifted: true }, { limit: 5 })
    expect(items.find(({ target }) => target.value === 'agent:librarian')).toMatchObject({
      by: 'person:gus',
      lifted: { by: 'person:hana' },
    })
  })

  test('the history is searched by keyboard alone, and fits a phone in the dark', async () => {
    const decided = await at.world.submitted(prodParameter)
    await at.world.submitted(throttleWorker)
    await at.world.decide(decided, 'ana', 'deny')
    const page = await people.openAs('Hana Hoshi', '/requests')
    await picture(page, 'history')
    await tabTo(page, 'status')
    await page.keyboard.type('Denied')
    await tabTo(page, 'Show')
    await hitKeys(page, 'Enter')
    await page.waitForURL(/status=denied/)
    const list = await page.locator('.rows').textContent()
    expect(list).toContain('payment-timeout-ms')
    expect(list).not.toContain('checkout-worker')
    await picture(await people.openAs('Hana Hoshi', '/requests', { ...phone, ...dark }), 'history-phone-dark')
  })

  test('agents are shown on a desktop and on a phone in the dark', async () => {
    await declared('librarian', 'it reads what it should not')
    await picture(await people.openAs('Hana Hoshi', '/agents'), 'agents')
    const page = await people.openAs('Hana Hoshi', '/agents/agent:remediator', { ...phone, ...dark })
    expect(await page.getByRole('heading', { name: 'agent:remediator' }).isVisible()).toBe(true)
    await picture(page, 'agent-phone-dark')
  })
})
