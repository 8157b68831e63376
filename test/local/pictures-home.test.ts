import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { giveStandIn } from '../../functions/operations/people/stand-ins.ts'
import { givePermit } from '../../functions/operations/permits/standing-permits.ts'
import { DeskWorld } from '../channels/slack/edge/desk-world.ts'
import { parameter, person, sampleBundle, type What, World } from '../support/world.ts'
import { inBrowser, launchBrowser } from './support/browser.ts'
import { smallPng } from './support/small-png.ts'

// The tab of one person, and the forms that are opened from it and by commands. As in pictures.test.ts, a test run only
// looks whether they can be drawn and used.

const folder = process.env['HOTWORK_PICTURES']
const bundle = sampleBundle()
const day = 86_400
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

inBrowser('pictures of the tab and its forms', () => {
  const at = new DeskWorld(new World(bundle))
  let browser: Browser
  jest.setTimeout(240_000)
  beforeAll(async () => {
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
    await at.open()
    browser = await launchBrowser('--disable-lcd-text')
  })
  afterAll(async () => {
    await browser.close()
    await at.close()
  })
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

  async function openAs(user: string, where: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 980, height: 860 }, timezoneId: 'UTC' })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(`${at.desk.deskUrl}?as=${user}&in=${where}`)
    return page
  }

  async function picture(name: string, of: Locator): Promise<void> {
    await of.waitFor()
    if (folder === undefined) return
    const png = smallPng(await of.screenshot({ animations: 'disabled', caret: 'hide' }))
    expect(png.length).toBeLessThan(80 * 1024)
    writeFileSync(join(folder, `${name}.png`), png)
  }
  const dialog = (page: Page) => page.locator('dialog.modal')

  test('the tab, what was allowed ahead on it, and naming a stand-in from it', async () => {
    const { world } = at
    const request = await world.submitted(flag)
    await world.decide(request, 'ben')
    const terms = {
      request: request.ask.id,
      person: person('ben'),
      login: {},
      uses: 5,
      until: world.clock.now() + 4 * 3600,
    }
    expect(await givePermit(terms, { ...world.ports, permits: world.permits })).toMatchObject({ ok: true })
    await world.submitted(flag)
    await world.submitted(parameter('/prod/checkout/payment-timeout-ms'))
    const away = { person: person('chloe'), by: person('ben'), login: {}, until: world.clock.now() + day }
    expect(await giveStandIn(away, { ...world.ports, standIns: world.standIns })).toMatchObject({ ok: true })
    await at.home('U0BEN')
    const page = await openAs('U0BEN', 'home')
    await picture('home', page.locator('main'))
    await page.getByRole('button', { name: 'Name a stand-in…' }).click()
    await dialog(page).waitFor()
    await picture('form-stand-in', dialog(page))
    await page.getByLabel('Who decides for you').selectOption({ index: 1 })
    await page.getByRole('button', { name: 'Name', exact: true }).click()
    await page.getByText('decides for you until').first().waitFor()
    expect((await world.standIns.list({ limit: 9 })).items).toHaveLength(2)
  })

  test('the form that opens in an opening, what it says beside a field, and where it leads', async () => {
    await at.control('command', {
      command: '/hotwork',
      text: 'break-glass',
      user: 'U0JADE',
      channel: 'hotwork-approvals',
    })
    const page = await openAs('U0JADE', 'home')
    await dialog(page).waitFor()
    await picture('form-break-glass', dialog(page))
    await page.getByLabel('What you need').selectOption({ index: 1 })
    await page.getByLabel('What is wrong, and what you are going to do').fill('outage')
    await page.getByLabel('Incident').fill('INC-2041')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('it should say what is wrong').waitFor()
    await picture('form-break-glass-mended', dialog(page))
    await page
      .getByLabel('What is wrong, and what you are going to do')
      .fill('Checkout refuses every payment since 02:10; putting the old timeout back')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('link', { name: 'Log in and open' }).waitFor()
    await picture('form-break-glass-prepared', dialog(page))
  })
  const typed = async (user: string, text: string): Promise<Page> => {
    await at.control('command', { command: '/hotwork', text, user, channel: 'hotwork-approvals' })
    const page = await openAs(user, 'home')
    await dialog(page).waitFor()
    return page
  }

  test('the form that halts, what it says beside a field, and the tab with what is halted', async () => {
    const page = await typed('U0GUS', 'halt')
    await page.getByLabel('What is to stop').selectOption({ label: 'An environment' })
    await page.getByLabel('Which one').fill('moon')
    await page.getByLabel('Why?').fill('INC-2041: deploys make it worse')
    await page.getByRole('button', { name: 'Halt', exact: true }).click()
    await dialog(page)
      .getByText(/staging/)
      .last()
      .waitFor()
    await picture('form-halt', dialog(page))
    await page.getByLabel('Which one').fill('staging')
    await page.getByRole('button', { name: 'Halt', exact: true }).click()
    await page.getByText(/Another person lifts it, here or with/).waitFor()
    expect((await at.halts.list({ lifted: false }, { limit: 9 })).items).toHaveLength(1)
    await at.home('U0HANA')
    const hanas = await openAs('U0HANA', 'home')
    await hanas.getByRole('button', { name: 'Lift', exact: true }).waitFor()
    await picture('home-halts', hanas.locator('main'))
  })

  test('the forms by which a person asks on behalf of an agent', async () => {
    const page = await typed('U0DAN', 'request putparameter')
    await page.getByLabel('On behalf of').selectOption({ index: 1 })
    await page.getByLabel('What it should do').selectOption({ index: 1 })
    await picture('form-ask', dialog(page))
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByLabel('Purpose').waitFor()
    await page.getByLabel(/^Name/).fill('/prod/checkout/payment-timeout-ms')
    await page.getByLabel(/^Value/).fill('3000')
    await page.getByLabel(/^Overwrite/).selectOption('true')
    await page.getByLabel('Purpose').fill('remediation')
    await page.getByLabel(/^Task/).fill('INC-1042')
    await page.getByLabel(/^Why/).fill('checkout refuses payments, and the agent is blind to it')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText(/Policy says: tier 2/).waitFor()
    await picture('form-ask-foreseen', dialog(page))
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    await page.getByText(/People decide it now/).waitFor()
    await picture('form-asked', dialog(page))
  })
})
