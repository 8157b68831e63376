import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import type { SlackCard } from '../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../functions/channels/slack/cards/card.ts'
import { SlackDoor } from '../../functions/channels/slack/door.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { everyOpening, LoudNight } from '../channels/slack/cards/openings.ts'
import { planStates } from '../channels/slack/cards/plan-states.ts'
import { renderNotice, renderOpening } from '../channels/slack/cards/rendering.ts'
import { everyState, resizeWorker, wantingReasons } from '../channels/slack/cards/states.ts'
import { DeskWorld } from '../channels/slack/edge/desk-world.ts'
import { page as pageOfRequest } from '../channels/slack/edge/door.ts'
import { prodParameter, sampleBundle, World } from '../support/world.ts'
import { inBrowser, launchBrowser } from './support/browser.ts'
import { smallPng } from './support/small-png.ts'

// Every state of a card and every form, as a person sees them. `npm run pictures` keeps them in docs/pictures; a test run
// only looks whether they can be drawn, and changes no file.

const folder = process.env['HOTWORK_PICTURES']
/** Small enough to be read in a page, and to be kept in a repository. */
const largestPicture = 80 * 1024

const bundle = sampleBundle()
const channel = 'hotwork-approvals'

inBrowser('pictures', () => {
  const at = new DeskWorld(new World(bundle))
  let browser: Browser
  let states: ReadonlyMap<string, ApprovalRequest>
  jest.setTimeout(240_000)
  beforeAll(async () => {
    if (folder !== undefined) mkdirSync(folder, { recursive: true })
    states = new Map([...(await everyState(bundle)), ...planStates()])
    await at.open()
    browser = await launchBrowser('--disable-lcd-text')
  })
  afterAll(async () => {
    await browser.close()
    await at.close()
  })
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

  const board = () => new SlackDoor({ apiUrl: at.desk.apiUrl, token: async () => 'xoxb-any', log: at.world.log })
  const post = (state: ApprovalRequest, facts = bundle) =>
    board().post(
      bundle.deployment.channels[channel] as string,
      renderCard(state, facts, channel, { page: pageOfRequest }),
    )

  async function openAs(user: string, dark = false, desk = at): Promise<Page> {
    const context = await browser.newContext({
      viewport: { width: 980, height: 2_400 },
      colorScheme: dark ? 'dark' : 'light',
      timezoneId: 'UTC',
    })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(`${desk.desk.deskUrl}?as=${user}`)
    return page
  }

  async function picture(name: string, of: Locator): Promise<void> {
    await of.waitFor()
    if (folder === undefined) return
    const png = smallPng(await of.screenshot({ animations: 'disabled', caret: 'hide' }))
    expect(png.length).toBeLessThan(largestPicture)
    writeFileSync(join(folder, `${name}.png`), png)
  }

  const cardIn = (page: Page, { ask }: ApprovalRequest) => page.locator('article.message', { hasText: ask.id }).last()
  const fileOf = (name: string) => name.replaceAll('’', '').replaceAll(/[^a-z]+/g, '-')
  /** Posts a card where somebody is looking, and takes its picture. */
  const show = async (page: Page, name: string, state: ApprovalRequest, facts = bundle): Promise<Locator> =>
    pictureOf(page, `card-${fileOf(name)}`, await post(state, facts))
  const showAny = async (page: Page, name: string, card: SlackCard): Promise<Locator> =>
    pictureOf(page, name, await board().post(bundle.deployment.channels[channel] as string, card))

  async function pictureOf(page: Page, name: string, { ts }: { ts: string }): Promise<Locator> {
    const card = page.locator('article.message', { has: page.locator(`input[name="ts"][value="${ts}"]`) })
    await picture(name, card)
    return card
  }

  test('every state of a card', async () => {
    const page = await openAs('U0BEN')
    for (const [name, state] of states) {
      const card = await show(page, name, state)
      expect(await card.getByRole('button', { name: 'Deny' }).count()).toBe(state.status === 'pending' ? 1 : 0)
    }
  })

  test('every state of the card of an opening, and what one person is sent of it', async () => {
    const page = await openAs('U0BEN')
    const drawn = [...(await everyOpening(bundle))]
    const [open] = drawn.map(([, each]) => each)
    if (!open) throw new Error('no opening')
    for (const [name, { state, about }] of drawn)
      await showAny(page, `opening-${fileOf(name)}`, renderOpening(state, about, bundle, { page: pageOfRequest }))
    const { state, about } = open
    await showAny(
      await openAs('U0BEN', true),
      'opening-in-the-dark',
      renderOpening(state, about, bundle, { page: pageOfRequest }),
    )
    const skipped = { because: 'skipped', mayReview: true, first: true } as const
    await showAny(
      page,
      'opening-told',
      renderNotice({ notice: 'opened', at: state.submittedAt }, state, skipped, bundle, { page: pageOfRequest }),
    )
  })

  test('the form in which an opening is reviewed, and what becomes of a mistake in it', async () => {
    const night = new LoudNight(bundle)
    const desk = new DeskWorld(night)
    await desk.open()
    const { apiUrl } = desk.desk
    const request = await night.breaks()
    await night.uses(request)
    night.clock.advance(31 * 60)
    await night.draw(request, { board: new SlackDoor({ apiUrl, token: async () => 'xoxb-any', log: night.log }) })
    const page = await openAs('U0EVE', false, desk)
    await cardIn(page, request).getByRole('button', { name: 'Review…' }).click()
    const dialog = page.locator('dialog.modal')
    await dialog.getByLabel('Not justified').check()
    await dialog.getByLabel('What you looked at').fill(' ')
    await page.getByRole('button', { name: 'Record review' }).click()
    await page.getByText('Say what you looked at').waitFor()
    await picture('form-review', dialog)
    await dialog.getByLabel('What you looked at').fill('the calls: two of them had nothing to do with payments')
    await page.getByRole('button', { name: 'Record review' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect((await night.state(request.ask.id)).review?.done).toMatchObject({ outcome: 'not_justified' })
    await desk.close()
  })

  test('a card that is too long for Slack, one whose stage wants a reason, and one in the dark', async () => {
    const state = states.get('waiting for the first stage') as ApprovalRequest
    const long = { ...state.ask.arguments, Value: JSON.stringify({ servers: Array(300).fill('checkout-1') }) }
    const page = await openAs('U0BEN')
    const card = await show(page, 'too long', { ...state, ask: { ...state.ask, arguments: long } })
    expect(await card.getByRole('link', { name: 'Read in full and decide' }).count()).toBe(1)
    const wanting = wantingReasons(bundle)
    const stages = state.stages.map((stage) => ({ ...stage, terms: { ...stage.terms, comment: 'required' as const } }))
    await show(page, 'wants a reason', { ...state, stages } as ApprovalRequest, wanting)
    await show(await openAs('U0BEN', true), 'in the dark', state)
  })

  test('every form', async () => {
    const { world } = at
    const dialog = (page: Page) => page.locator('dialog.modal')
    const click = (page: Page, of: ApprovalRequest, name: string) =>
      cardIn(page, of).getByRole('button', { name, exact: true }).click()
    const opened = async (user: string, state: ApprovalRequest, button: string) => {
      await post(state)
      const page = await openAs(user)
      await click(page, state, button)
      await dialog(page).waitFor()
      return page
    }

    const resize = await world.submitted(resizeWorker, { idempotencyKey: 'to-narrow' })
    const narrow = await opened('U0BEN', resize, 'Narrow')
    await picture('form-approve-less', dialog(narrow))
    await narrow.getByRole('button', { name: 'Approve this much' }).click()
    await narrow.getByText(/You changed no number/).waitFor()
    await picture('form-approve-less-mended', dialog(narrow))
    await narrow.getByLabel('MemorySize').fill('1024')
    await narrow.getByRole('button', { name: 'Approve this much' }).click()
    await dialog(narrow).waitFor({ state: 'detached' })
    expect(await world.state(resize.ask.id)).toMatchObject({ round: 2, ask: { arguments: { MemorySize: 1024 } } })

    const request = await world.submitted(prodParameter, { idempotencyKey: 'to-comment' })
    const comment = await opened('U0BEN', request, 'Approve with a comment')
    await comment.getByLabel('Comment').fill('I have looked at INC-1042, and this is what it was before')
    await picture('form-approve', dialog(comment))
    const why = await opened('U0EVE', request, 'Deny')
    await picture('form-denied', dialog(why))
    await why.getByLabel('Why?').fill('the value is wrong: see INC-1042')
    await why.getByRole('button', { name: 'Say why' }).click()
    await dialog(why).waitFor({ state: 'detached' })
    expect(await world.state(request.ask.id)).toMatchObject({
      status: 'denied',
      reason: 'the value is wrong: see INC-1042',
    })

    await comment.getByRole('button', { name: 'Approve', exact: true }).last().click()
    await comment.getByRole('heading', { name: 'Not counted' }).waitFor()
    await picture('form-stale', dialog(comment))
  })
})
