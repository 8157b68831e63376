import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { rfc3339 } from '../../../domain/ledger/ledger.ts'
import type { RequestId } from '../../../domain/values.ts'
import { type Carried, carriedOf, readClick, whoDid } from '../edge/click.ts'
import { actTold, faultTold } from '../edge/click-answers.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { answerClick, type Said } from '../edge/ephemeral.ts'
import { type Instead, loginOf, malformedClick, notAnswered, saidOf, sentenceFor } from '../edge/sentences.ts'
import { saidModal, showModal } from '../forms/modal-blocks.ts'
import { drawHome } from '../home/home.ts'
import { readPermit, takeBack, takeBackBlock } from '../home/rows.ts'
import { time, words } from './blocks.ts'
import { allowedMore, allowMore } from './card-decide.ts'

/** The button by which whoever approved a request allows its agent a few more like it, and the one that takes that back. */
export function registerPermit(app: App, options: EdgeOptions): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: allowMore }, (press) =>
    answerClick(press, options, (carried) => allow(press.body, press.action.value, carried, options)),
  )
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: takeBack }, async (press) => {
    await press.ack()
    const carried = carriedOf(press)
    const { body, action } = press
    const told = await revoke(body, action.value, carried, options)
    // Beside a message there is an address to answer to; on the tab there is none, and a form says it as privately.
    if (typeof body.response_url === 'string')
      await carried.deadline.within(options.whisper(body.response_url, told.sentence), patience.answer)
    else await showModal(body.trigger_id, saidModal(told.title, told.sentence), carried, options)
    if (told.tab) await drawHome(body.user.id, told.tab, carried, options)
  })
}

async function allow(body: BlockAction, value: unknown, carried: Carried, options: EdgeOptions): Promise<Said> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const click = readClick(value)
  if (!click) return malformedClick
  const { deadline } = carried
  const { uses, hours } = allowedMore
  const terms = {
    request: click.request,
    digest: click.digest,
    person: who.person.id,
    // Slack is no strong login.
    login: {},
    uses,
    until: options.now() + hours * 3600,
  }
  try {
    const given = await deadline.within(options.allowMore(terms, deadline.mayStart), patience.tell)
    if (!given.done) return notAnswered
    if (!given.value.ok) {
      const { code, detail } = given.value
      if (code === 'insufficient_login') return needsLogin(click.request, detail)
      return sentenceFor(code, { directory: options.bundle.directory, page: options.page, detail })
    }
    const permit = given.value.value
    const [before, after] = [
      `${permit.agent} may do the same ${uses} more times until `,
      ' and nobody is asked; take that back here, or on Hotwork’s Home tab.',
    ]
    return {
      sentence: `${before}${rfc3339(permit.until)}${after}`,
      parts: [words(before), time(permit.until), words(after)],
      blocks: [takeBackBlock(permit)],
    }
  } catch (fault) {
    return faultTold(click.request, fault, options)
  }
}

/** There is no page on which a permit is given: a stronger login reaches Hotwork through the API alone. */
const needsLogin = (request: RequestId, detail: string | undefined): string =>
  `Nothing was allowed: that needs ${loginOf(detail)} than Slack's. Give the permit through the API with a token of such a login: POST /v1/requests/${request}/standing-permits.`

/** What is told of it, under which title; and whose tab is to be drawn anew, where they pressed there and it shows another now. */
type Told = { title: string; sentence: string; tab?: Parameters<typeof drawHome>[1] }

async function revoke(body: BlockAction, value: unknown, carried: Carried, options: EdgeOptions): Promise<Told> {
  const who = await whoDid(body.user, carried, options)
  const title = 'Not taken back'
  if (!who.ok) return { title, sentence: who.sentence }
  const id = readPermit(value)
  if (!id) return { title, sentence: malformedClick }
  const ask = { id, person: who.person.id, reason: 'taken back' }
  const revoked = await actTold('revoke_standing', (mayStart) => options.revokePermit(ask, mayStart), carried, options)
  const tab = body.view?.type === 'home' ? { tab: who } : {}
  if (!revoked.done) return { title, sentence: saidOf(revoked, whenTakenBack), ...tab }
  const { agent, drawn } = revoked.value
  const ends = drawn.length === 0 ? '' : ` The ${drawn.length} that it had drawn end with it.`
  return { title: 'Taken back', sentence: `Taken back: ${agent} asks people again from now on.${ends}`, ...tab }
}

const whenTakenBack: Instead = {
  not_permitted: 'Policy does not let you take this permit back: whoever gave it can, and whoever may revoke.',
}
