import type { Page } from 'playwright-core'
import { governDeployer } from '../../support/agents/governed.ts'
import { inBrowser } from '../support/browser.ts'
import { hitKeys, tabTo } from './access.ts'
import { Browsing, dark, phone, picture } from './browsing.ts'

const people = new Browsing()
const { at } = people

inBrowser('the registry of agents, in a browser', () => {
  people.install()
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

  test('an agent is registered by keyboard alone, after its mistakes were corrected and its change was shown', async () => {
    const page = await people.openAs('Dan Diaz', '/agents')
    await tabTo(page, 'Register an agent')
    await hitKeys(page, 'Enter')
    await page.waitForURL(/registry\?change=register/)
    const type = async (field: string, words: string) => {
      await tabTo(page, field)
      await page.keyboard.type(words)
    }
    await type('id', 'agent:deployer')
    await type('description', 'deploys the checkout service')
    await type('identities', 'workloads')
    await type('owner', 'Dan')
    await type('autonomy', 'supervised')
    await type('runsOn', 'awsRole')
    await type('where', 'arn:aws:iam::111122223333:role/deployer')
    await type('recertifyBy', '2027-02-01')
    await type('reason', 'It replaces the job of the release team.')
    await tabTo(page, 'Show what changes, and who decides')
    await hitKeys(page, 'Enter')
    await page.getByText('Line 1 is not an alias').waitFor()
    await picture(page, 'registry-mended')
    await tabTo(page, 'identities')
    await hitKeys(page, 'Control', 'a')
    await page.keyboard.type('workloads agent-deployer')
    await tabTo(page, 'Show what changes, and who decides')
    await hitKeys(page, 'Enter')
    await page.getByRole('heading', { name: /^Policy says: tier/ }).waitFor()
    await picture(page, 'registry')
    expect((await at.world.requests.list({}, { limit: 5 })).items).toEqual([])
    await tabTo(page, 'Ask for it')
    await hitKeys(page, 'Enter')
    await page.waitForURL(/\/decide\/req_/)
    await picture(page, 'registry-asked')
    const { items } = await at.world.requests.list({}, { limit: 5 })
    expect(items).toMatchObject([{ state: { ask: { action: 'hotwork:RegisterAgent', owner: 'person:dan' } } }])
  })

  test('a transfer is asked for by its owner, and accepted by the new one, on a phone in the dark', async () => {
    governDeployer(at.world)
    at.world.clock.advance(5)
    const dan = await people.openAs('Dan Diaz', '/registry?change=transfer&agent=agent%3Adeployer', phone)
    await dan.getByLabel('Owner', { exact: true }).selectOption('person:ben')
    await dan.getByLabel('Reason').fill('Dan moves to another team.')
    await button(dan, 'Show what changes, and who decides').click()
    await dan.getByRole('heading', { name: /^Policy says: tier/ }).waitFor()
    await button(dan, 'Ask for it').click()
    await dan.waitForURL(/\/decide\/req_/)
    const path = new URL(dan.url()).pathname
    const ben = await people.openAs('Ben Baker', path, { ...phone, ...dark })
    await ben.getByText(/has to accept the agent first/).waitFor()
    await picture(ben, 'registry-accept-phone-dark')
    await button(ben, 'Accept it').click()
    await ben
      .getByText(/accepted the agent/)
      .first()
      .waitFor()
    await picture(await people.openAs('Ana Alves', path), 'registry-accepted')
  })
})
