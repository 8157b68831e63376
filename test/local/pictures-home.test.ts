import type { Page } from 'playwright-core'
import { giveStandIn } from '../../functions/operations/people/stand-ins.ts'
import { givePermit } from '../../functions/operations/permits/standing-permits.ts'
import { parameter, person, type What } from '../support/world.ts'
import { inBrowser } from './support/browser.ts'
import { DeskPictures, dialog, picture } from './support/desk-pictures.ts'

// The Home tab of a person, and the forms that it and commands open.

const day = 86_400
const flag: What = {
  action: 'flags:set',
  arguments: { environment: 'prod', flag: 'express-checkout', value: false },
  resource: { type: 'flags:flag', id: 'prod/express-checkout' },
}

inBrowser('pictures of the tab and its forms', () => {
  const desk = new DeskPictures(860)
  desk.install()
  const { at } = desk
  const openHome = (user: string) => desk.openAs(user, { where: 'home' })
  const typed = async (user: string, text: string): Promise<Page> => {
    await at.control('command', { command: '/hotwork', text, user, channel: 'hotwork-approvals' })
    const page = await openHome(user)
    await dialog(page).waitFor()
    return page
  }

  test('the Home tab is drawn with a standing permit, and a stand-in is named from it', async () => {
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
    const page = await openHome('U0BEN')
    await picture('home', page.locator('main'))
    await page.getByRole('link', { name: 'Name a stand-in' }).waitFor()
  })

  test('the form of break-glass is drawn, with words beside a field, and leads to a login', async () => {
    const page = await typed('U0JADE', 'break-glass')
    await picture('form-break-glass', dialog(page))
    await page.getByLabel('What you need').selectOption({ index: 1 })
    await page.getByLabel('What is wrong, and what you are going to do').fill('outage')
    await page.getByLabel('Incident').fill('INC-2041')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('it should describe the problem').waitFor()
    await picture('form-break-glass-mended', dialog(page))
    await page
      .getByLabel('What is wrong, and what you are going to do')
      .fill('Checkout refuses every payment since 02:10; putting the old timeout back')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('link', { name: 'Log in and open' }).waitFor()
    await picture('form-break-glass-prepared', dialog(page))
  })
  test('the form of a halt is drawn, with words beside a field, and the tab shows the halt', async () => {
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
    const hanas = await openHome('U0HANA')
    await hanas.getByRole('button', { name: 'Lift', exact: true }).waitFor()
    await picture('home-halts', hanas.locator('main'))
  })
})
