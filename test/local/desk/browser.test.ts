import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { inBrowser, launchBrowser } from '../support/browser.ts'
import { approve, DeskFixture, modal, plain } from './fixture.ts'

const at = new DeskFixture()

inBrowser('in a browser', () => {
  let browser: Browser
  let errors: string[]
  // Two cores may be busy with everything else.
  jest.setTimeout(120_000)
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  beforeEach(async () => {
    errors = []
    await at.open()
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()))
    await at.close()
    expect(errors).toEqual([])
  })

  /** Opens the desk as one person. A script or style that the policy blocks, or any error, fails the test. */
  async function openAs(user: string, options: BrowserContextOptions = {}): Promise<Page> {
    return load(await (await browser.newContext(options)).newPage(), user)
  }

  async function load(page: Page, user: string): Promise<Page> {
    page.setDefaultTimeout(60_000)
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text())
    })
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`${at.desk.deskUrl}?as=${user}`)
    return page
  }

  const confirm = {
    title: plain('Sure?'),
    text: plain('It is prod'),
    confirm: plain('Yes, approve'),
    deny: plain('No'),
  }
  const postCard = (text: string) =>
    at.slack.chat.postMessage({
      channel: 'C0APPR',
      text,
      blocks: [
        { type: 'header', text: plain(text) },
        {
          type: 'actions',
          elements: [
            { ...approve, confirm },
            { ...approve, action_id: 'narrow', text: plain('Narrow') },
          ],
        },
      ],
    })

  test('a card appears, changes and is answered while a person looks and writes', async () => {
    const page = await openAs('U0ANA')
    await page.getByLabel('Message or slash command').fill('half written')
    const { ts } = await postCard('Restart checkout')
    await page.getByText('Restart checkout').waitFor()
    await at.slack.chat.update({ channel: 'C0APPR', ts: ts as string, text: 'settled', blocks: [] })
    await page.getByText('settled').waitFor()
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
    expect(await page.getByLabel('Message or slash command').inputValue()).toBe('half written')
  })

  test('a card that comes after the page’s load and before it listens is shown too', async () => {
    const page = await (await browser.newContext()).newPage()
    const posted = Promise.withResolvers<void>()
    await page.route('**/control/events*', async (route) => {
      await posted.promise
      await route.continue()
    })
    await load(page, 'U0ANA')
    await postCard('Restart checkout')
    posted.resolve()
    await page.getByText('Restart checkout').waitFor()
  })

  test.each([
    ['with the script', true],
    ['without one', false],
  ])('a click is confirmed, sent, and its refusal told to the clicker, %s', async (_how, javaScriptEnabled) => {
    at.answer = async ({ payload }) => {
      await fetch(payload.response_url, { method: 'POST', body: JSON.stringify({ text: 'not yours to approve' }) })
      return {}
    }
    await postCard('Restart checkout')
    const page = await openAs('U0DEV', { javaScriptEnabled })
    await page.getByRole('button', { name: 'Approve', exact: true }).click()
    await page.getByText('It is prod').waitFor()
    expect(at.received).toEqual([])
    await page.getByRole('button', { name: 'Yes, approve' }).click()
    await page.getByText('not yours to approve').waitFor()
    expect(at.received).toMatchObject([{ payload: { user: { id: 'U0DEV' }, actions: [{ action_id: 'approve' }] } }])
  })

  test.each([
    ['with the script', true],
    ['without one', false],
  ])(
    'a modal keeps what was written when the app finds a mistake, and closes when it is right, %s',
    async (_how, javaScriptEnabled) => {
      at.answer = async ({ payload }) => {
        if (payload.type === 'block_actions') await at.slack.views.open({ trigger_id: payload.trigger_id, view: modal })
        return payload.view?.state.values.minutes.m.value === '5'
          ? { body: JSON.stringify({ response_action: 'errors', errors: { minutes: 'only 4 are left' } }) }
          : {}
      }
      await postCard('Restart checkout')
      const page = await openAs('U0ANA', { javaScriptEnabled })
      await page.getByRole('button', { name: 'Narrow' }).click()
      await page.getByLabel('Minutes').fill('5')
      await page.getByRole('button', { name: 'Send' }).last().click()
      await page.getByText('only 4 are left').waitFor()
      expect(await page.getByLabel('Minutes').inputValue()).toBe('5')
      await page.getByLabel('Minutes').fill('4')
      await page.getByRole('button', { name: 'Send' }).last().click()
      await page.getByRole('dialog', { name: 'Narrow' }).waitFor({ state: 'detached' })
    },
  )

  test.each([
    ['with the script', true],
    ['without one', false],
  ])('a choice behind the dots of a card is sent with its value, %s', async (_how, javaScriptEnabled) => {
    at.answer = async ({ payload }) => {
      await fetch(payload.response_url, { method: 'POST', body: JSON.stringify({ text: 'no such colleague' }) })
      return {}
    }
    const options = ['Ask the agent', 'Ask a colleague'].map((text, index) => ({
      text: plain(text),
      value: `act ${index}`,
    }))
    const elements = [approve, { type: 'overflow' as const, action_id: 'more', options }]
    await at.slack.chat.postMessage({ channel: 'C0APPR', text: 'a card', blocks: [{ type: 'actions', elements }] })
    const page = await openAs('U0ANA', { javaScriptEnabled })
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('button', { name: 'Ask a colleague' }).click()
    await page.getByText('no such colleague').waitFor()
    expect(at.received).toMatchObject([
      { payload: { actions: [{ type: 'overflow', selected_option: { value: 'act 1' } }] } },
    ])
  })

  test('on a phone everything fits across, and the people are behind one button', async () => {
    await postCard('x'.repeat(140))
    const page = await openAs('U0ANA', { viewport: { width: 360, height: 700 }, hasTouch: true, isMobile: true })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    const dev = page.getByRole('link', { name: /Dev/ })
    expect(await dev.isVisible()).toBe(false)
    await page.locator('label.menu').click()
    await dev.click()
    await page.waitForURL(/as=U0DEV/)
  })
})
