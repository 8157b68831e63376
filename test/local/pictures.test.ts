import type { Locator, Page } from 'playwright-core'
import type { SlackCard } from '../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../functions/channels/slack/cards/card.ts'
import { SlackDoor } from '../../functions/channels/slack/door.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { everyOpening, LoudNight } from '../channels/slack/cards/openings.ts'
import { planStates } from '../channels/slack/cards/plan-states.ts'
import { registryStates } from '../channels/slack/cards/registry-states.ts'
import { renderNotice, renderOpening } from '../channels/slack/cards/rendering.ts'
import { everyState, resizeWorker, wantingReasons } from '../channels/slack/cards/states.ts'
import { DeskWorld } from '../channels/slack/edge/desk-world.ts'
import { page as pageOfRequest } from '../channels/slack/edge/door.ts'
import { prodParameter, sampleBundle } from '../support/world.ts'
import { inBrowser } from './support/browser.ts'
import { DeskPictures, dialog, picture } from './support/desk-pictures.ts'

// Every state of a card and every form, as a person sees them.

const bundle = sampleBundle()
const channel = 'hotwork-approvals'

inBrowser('pictures', () => {
  const desk = new DeskPictures(2_400)
  desk.install()
  const { at } = desk
  let states: ReadonlyMap<string, ApprovalRequest>
  beforeAll(async () => {
    const known = await everyState(bundle)
    states = new Map([...known, ...planStates(), ...registryStates(bundle, known)])
  })

  const board = () => new SlackDoor({ apiUrl: at.desk.apiUrl, token: async () => 'xoxb-any', log: at.world.log })
  const post = (state: ApprovalRequest, facts = bundle) =>
    board().post(
      bundle.deployment.channels[channel] as string,
      renderCard(state, facts, channel, { page: pageOfRequest }),
    )

  const cardIn = (page: Page, { ask }: ApprovalRequest) => page.locator('article.message', { hasText: ask.id }).last()
  /** Clicks a button of a card, or a choice of the menu behind them. */
  const choose = async (page: Page, of: ApprovalRequest, name: string) => {
    const menu = cardIn(page, of).getByRole('button', { name: 'More actions' })
    if (!['Narrow', 'Deny'].includes(name)) await menu.click()
    await cardIn(page, of).getByRole('button', { name, exact: true }).click()
  }
  const fileOf = (name: string) => name.replaceAll('’', '').replaceAll(/[^a-z]+/g, '-')
  /** Posts a card in an open page, and takes its picture. */
  const show = async (page: Page, name: string, state: ApprovalRequest, facts = bundle): Promise<Locator> =>
    pictureOf(page, `card-${fileOf(name)}`, await post(state, facts))
  const showAny = async (page: Page, name: string, card: SlackCard): Promise<Locator> =>
    pictureOf(page, name, await board().post(bundle.deployment.channels[channel] as string, card))

  async function pictureOf(page: Page, name: string, { ts }: { ts: string }): Promise<Locator> {
    const card = page.locator('article.message', { has: page.locator(`input[name="ts"][value="${ts}"]`) })
    await picture(name, card)
    return card
  }

  test('every state of a card is drawn', async () => {
    const page = await desk.openAs('U0BEN')
    for (const [name, state] of states) {
      const card = await show(page, name, state)
      expect(await card.getByRole('button', { name: 'Deny', exact: true }).count()).toBe(
        state.status === 'pending' ? 1 : 0,
      )
    }
  })

  test('every state of the card of an opening is drawn, and a person’s notice of it', async () => {
    const page = await desk.openAs('U0BEN')
    const drawn = [...(await everyOpening(bundle))]
    const [open] = drawn.map(([, each]) => each)
    if (!open) throw new Error('no opening')
    for (const [name, { state, about }] of drawn)
      await showAny(page, `opening-${fileOf(name)}`, renderOpening(state, about, bundle, { page: pageOfRequest }))
    const { state, about } = open
    const card = renderOpening(state, about, bundle, { page: pageOfRequest })
    await showAny(await desk.openAs('U0BEN', { dark: true }), 'opening-in-the-dark', card)
    const skipped = { because: 'skipped', mayReview: true, first: true } as const
    const opened = { notice: 'opened', at: state.submittedAt } as const
    await showAny(page, 'opening-told', renderNotice(opened, state, skipped, bundle, { page: pageOfRequest }))
  })

  test('the form of a review is drawn, and tells of a mistake in it', async () => {
    const night = new LoudNight(bundle)
    const nights = new DeskWorld(night)
    await nights.open()
    const { apiUrl } = nights.desk
    const request = await night.breaks()
    await night.uses(request)
    night.clock.advance(31 * 60)
    await night.draw(request, { board: new SlackDoor({ apiUrl, token: async () => 'xoxb-any', log: night.log }) })
    const page = await desk.openAs('U0EVE', { desk: nights })
    await cardIn(page, request).getByRole('button', { name: 'Review…' }).click()
    const form = dialog(page)
    await form.getByLabel('Not justified').check()
    await form.getByLabel('What you looked at').fill(' ')
    await page.getByRole('button', { name: 'Record review' }).click()
    await page.getByText('Name the evidence that you looked at').waitFor()
    await picture('form-review', form)
    await form.getByLabel('What you looked at').fill('the calls: two of them had nothing to do with payments')
    await page.getByRole('button', { name: 'Record review' }).click()
    await form.waitFor({ state: 'detached' })
    expect((await night.state(request.ask.id)).review?.done).toMatchObject({ outcome: 'not_justified' })
    await nights.close()
  })

  test('a card that is too long for Slack, one whose stage wants a reason, and one in the dark are drawn', async () => {
    const state = states.get('waiting for the first stage') as ApprovalRequest
    const long = { ...state.ask.arguments, Value: JSON.stringify({ servers: Array(300).fill('checkout-1') }) }
    const page = await desk.openAs('U0BEN')
    const card = await show(page, 'too long', { ...state, ask: { ...state.ask, arguments: long } })
    expect(await card.getByRole('link', { name: 'Read in full and decide' }).count()).toBe(1)
    const wanting = wantingReasons(bundle)
    const stages = state.stages.map((stage) => ({ ...stage, terms: { ...stage.terms, comment: 'required' as const } }))
    await show(page, 'wants a reason', { ...state, stages } as ApprovalRequest, wanting)
    await show(await desk.openAs('U0BEN', { dark: true }), 'in the dark', state)
  })

  test('every form is drawn', async () => {
    const { world } = at
    const opened = async (user: string, state: ApprovalRequest, button: string) => {
      await post(state)
      const page = await desk.openAs(user)
      await choose(page, state, button)
      await dialog(page).waitFor()
      return page
    }

    const resize = await world.submitted(resizeWorker, { idempotencyKey: 'to-narrow' })
    const narrow = await opened('U0BEN', resize, 'Narrow')
    await picture('form-approve-less', dialog(narrow))
    await narrow.getByRole('button', { name: 'Approve this much' }).click()
    await narrow.getByText(/You changed nothing/).waitFor()
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

  test('the forms that write to the agent are drawn, one with words beside its field', async () => {
    const { world } = at
    const asked = { ...resizeWorker, arguments: { ...resizeWorker.arguments, Timeout: 90 } }
    const request = await world.submitted(asked, { idempotencyKey: 'to-send-back' })
    await post(request)
    const opened = async (button: string) => {
      const page = await desk.openAs('U0ANA')
      await choose(page, request, button)
      await dialog(page).waitFor()
      return page
    }
    for (const [button, name] of [
      ['Deny with words', 'form-deny-with-words'],
      ['Ask the agent', 'form-ask-the-agent'],
      ['Ask a colleague', 'form-ask-a-colleague'],
    ] as const) {
      const page = await opened(button)
      await picture(name, dialog(page))
      await page.getByRole('button', { name: 'Go back' }).click()
      await dialog(page).waitFor({ state: 'detached' })
    }
    const back = await opened('Say what to change')
    await back.getByLabel('To the agent').fill('half is plenty until the end of the week')
    await back.getByLabel('MemorySize').fill('1024')
    await back.getByLabel('Environment').fill('LOG_LEVEL=debug')
    await back.getByRole('button', { name: 'Send back' }).click()
    await back.getByText(/^It should be: A JSON object/).waitFor()
    await picture('form-say-what-to-change-mended', dialog(back))
    await back.getByLabel('Environment').fill('')
    await back.getByRole('button', { name: 'Send back' }).click()
    await dialog(back).waitFor({ state: 'detached' })
    const suggest = { ...asked.arguments, MemorySize: 1024 }
    expect((await world.state(request.ask.id)).stages[0]?.decisions).toMatchObject([{ verdict: 'revise', suggest }])
  })
})
