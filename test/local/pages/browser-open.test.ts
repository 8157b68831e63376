import type { Page } from 'playwright-core'
import { PatternIncidents, SystemSecrets } from '../../../functions/adapters/system/system.ts'
import { prepareOpening } from '../../../functions/operations/break-glass/prepare-opening.ts'
import { person } from '../../support/world.ts'
import { inBrowser } from '../support/browser.ts'
import { Browsing, phone, picture } from './browsing.ts'

const people = new Browsing()
const { at } = people

inBrowser('an opening that was prepared in Slack, in a browser', () => {
  people.install()
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

  async function prepared(): Promise<string> {
    const ask = {
      person: person('jade'),
      what: { profile: 'checkout-recovery' },
      reason: 'Checkout refuses every payment since 02:10; putting the old timeout back, and the worker to sleep.',
      incident: 'INC-2041',
      minutes: 30,
      drill: false,
    }
    const ports = { ...at.world.ports, incidents: new PatternIncidents(), secrets: new SystemSecrets() }
    const done = await prepareOpening(ask, ports)
    if (!done.ok) throw new Error(`${done.code}: ${done.detail}`)
    return `/break-glass/open/${done.value.code}`
  }

  test('a prepared opening is opened by a strong login and one click, on a phone, and the page names the next step', async () => {
    const page = await people.browse(phone)
    await page.goto(`${at.url}${await prepared()}`)
    await page.getByRole('button', { name: 'Jade Jones' }).click()
    await page.getByText('Nothing is open yet').waitFor()
    await picture(page, 'open-phone')
    await button(page, 'Open now').click()
    await page.getByRole('heading', { name: 'It is open' }).waitFor()
    await picture(page, 'open-opened')
    const opened = (await at.world.requests.list({ owner: person('jade') }, { limit: 9 })).items
    expect(opened).toMatchObject([{ state: { status: 'approved', ask: { breakGlass: { incident: 'INC-2041' } } } }])
    await page.getByRole('link', { name: 'All of it' }).click()
    await page.getByText('INC-2041').first().waitFor()
  })

  test('a prepared opening is refused to another person who follows its link', async () => {
    const page = await people.browse()
    await page.goto(`${at.url}${await prepared()}`)
    await page.getByRole('button', { name: 'Kofi Kaya' }).click()
    await page.getByText('Another person prepared this').first().waitFor()
    expect((await at.world.requests.list({ owner: person('jade') }, { limit: 9 })).items).toEqual([])
  })
})
