import type { App, BlockAction, ButtonAction, StaticSelectAction } from '@slack/bolt'
import * as z from 'zod'
import { rfc3339 } from '../../../domain/ledger/ledger.ts'
import type { ApprovalRequest, Verdict } from '../../../domain/requests/request.ts'
import { Digest, type PersonId, RequestId } from '../../../domain/values.ts'
import { actTold, answerClick, decideTold, faultTold, type Said } from '../edge/answers.ts'
import { type Carried, carriedOf, onceFor, readClick, readValue, whoDid } from '../edge/click.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import {
  listChanged,
  loginOf,
  malformedClick,
  notAnswered,
  nothingToNarrow,
  notOpened,
  sentenceFor,
} from '../edge/sentences.ts'
import { approveModal, narrowModal, type Subject, whyModal } from '../forms/card-forms.ts'
import { type Modal, saidModal, showModal } from '../forms/modal-blocks.ts'
import { drawHome } from '../home/home.ts'
import { readPermit, takeBack, takeBackBlock } from '../home/home-view.ts'
import { time, words } from './blocks.ts'
import { showsAll } from './card.ts'
import {
  allowedMore,
  allowMore,
  approveAll,
  commentStage,
  denyAll,
  loginStage,
  openOne,
  readAction,
} from './card-decide.ts'

/** A click of a button, by somebody who is somebody, on what they saw. */
type Click = { person: PersonId; about: Subject; trigger: string; stage: string; carried: Carried }
/** Does what a button is for. A sentence is for the one who clicked; without one, the card or a form says enough. */
type Act = (click: Click, options: EdgeOptions) => Promise<string | undefined>

/** The buttons of a card, and what each does. */
const buttons: { readonly [action: string]: Act } = {
  approve: (click, options) => {
    // The card knows what its stage wants, so that what it cannot have here is not attempted, nor recorded as refused.
    if (click.stage === commentStage) return openForm(click, approveModal, options)
    if (click.stage === loginStage) return whereToLogIn(click, options)
    return approve(click, options)
  },
  approve_comment: (click, options) => openForm(click, approveModal, options),
  narrow: (click, options) => openForm(click, narrowModal, options),
  deny,
}

/** A decision that stands is told by the redrawn card alone, a refusal to the one who clicked. */
export function registerCard(app: App, options: EdgeOptions): void {
  for (const [action_id, act] of Object.entries(buttons))
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, (click) =>
      answerClick(click, options, (carried) => clicked(act, click.body, click.action, carried, options)),
    )
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: readAction }, ({ ack }) => ack())
}

async function clicked(
  act: Act,
  body: BlockAction,
  { value, block_id }: ButtonAction,
  carried: Carried,
  options: EdgeOptions,
): Promise<string | undefined> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const click = readClick(value)
  if (!click) return malformedClick
  const about = { ...click, channel: body.channel?.id, ts: body.message?.ts }
  return act({ person: who.person.id, about, trigger: body.trigger_id, stage: block_id, carried }, options)
}

async function approve(click: Click, options: EdgeOptions): Promise<string | undefined> {
  const { person, about, carried } = click
  const told = await decideTold({ person, verdict: 'approve' }, about, carried, options)
  if (told.done) return undefined
  // An old card does not know that its stage wants a reason: the form does.
  return told.code === 'comment_required' ? openForm(click, approveModal, options) : told.sentence
}

/** Recorded at once, since saying no is easy; only then is asked why, which nobody has to say, nor to be able to. */
async function deny({ person, about, trigger, carried }: Click, options: EdgeOptions): Promise<string | undefined> {
  const told = await decideTold({ person, verdict: 'deny' }, about, carried, options)
  if (!told.done) return told.sentence
  await showModal(trigger, whyModal(told.value.state, options.bundle, about), carried, options)
  return undefined
}

/** Opens a form where what it is for would be taken now, so that nobody fills one in for nothing. */
async function openForm(
  click: Click,
  form: (state: Parameters<typeof approveModal>[0], facts: EdgeOptions['bundle'], about: Subject) => Modal | undefined,
  options: EdgeOptions,
): Promise<string | undefined> {
  const { about, trigger, carried } = click
  const found = await foreseen(click, options)
  if (!found.ok) return found.sentence
  const modal = form(found.state, options.bundle, about)
  if (!modal) return nothingToNarrow
  return (await showModal(trigger, modal, carried, options, patience.tell)) ? undefined : notOpened
}

/** Following a link attempts nothing. Whoever may decide is told where it leads; whoever may not, that they may not. */
async function whereToLogIn(click: Click, options: EdgeOptions): Promise<string | undefined> {
  const found = await foreseen(click, options)
  // A card that asked for a login where none is wanted any more is only old.
  return found.ok ? approve(click, options) : found.sentence
}

type Looked = { ok: true; state: Parameters<typeof approveModal>[0] } | { ok: false; sentence: string }

/** What an approval with whatever comment would come to. */
async function foreseen({ person, about, carried }: Click, options: EdgeOptions): Promise<Looked> {
  const { bundle, foresee, page, log } = options
  const { request: id, round, digest } = about
  const ask = {
    ...({ id, person, round, digest, verdict: 'approve', comment: '-', through: 'chat', login: {} } as const),
    showsAll: (state: ApprovalRequest) => showsAll(state, bundle, { page }),
  }
  try {
    const found = await carried.deadline.within(foresee(ask), patience.start)
    if (!found.done) return { ok: false, sentence: notOpened }
    if (found.value.ok) return { ok: true, state: found.value.value }
    const { code, detail, state } = found.value
    return { ok: false, sentence: sentenceFor(code, { directory: bundle.directory, page, detail, state }) }
  } catch (fault) {
    log.error('click not looked up', { request: id, fault: fault instanceof Error ? fault.name : 'unknown' })
    return { ok: false, sentence: notOpened }
  }
}

/** What a button for all says: which card of which burst, and the digest of the list on it. */
const ButtonValue = z.strictObject({ b: Digest, g: z.int().positive(), l: Digest })

const verdicts: { readonly [action: string]: Verdict } = { [approveAll]: 'approve', [denyAll]: 'deny' }

/** The buttons of a burst's card. The click is put on record here; each of the list is decided right after, elsewhere. */
export function registerBurst(app: App, options: EdgeOptions): void {
  for (const [action_id, verdict] of Object.entries(verdicts))
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, (click) =>
      answerClick(click, options, (carried) => decideAll(verdict, click.body, click.action.value, carried, options)),
    )
  app.action<BlockAction<StaticSelectAction>>({ type: 'block_actions', action_id: openOne }, (click) =>
    answerClick(click, options, (carried) =>
      whereToOpen(click.body, click.action.selected_option?.value, carried, options),
    ),
  )
}

async function decideAll(
  verdict: Verdict,
  body: BlockAction,
  value: unknown,
  carried: Carried,
  options: EdgeOptions,
): Promise<string> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const clicked = readValue(ButtonValue, value)
  if (!clicked) return malformedClick
  const { b: key, g: generation, l: list } = clicked
  const once = onceFor(carried, list)
  const ask = { person: who.person.id, verdict, key, generation, list, once }
  const { deadline } = carried
  try {
    const taken = await deadline.within(options.decideAll(ask, deadline.mayStart), patience.tell)
    if (!taken.done) return notAnswered
    const { bundle, page } = options
    if (!taken.value.ok) {
      const { code, detail, state } = taken.value
      if (code === 'stale_digest') return listChanged
      return sentenceFor(code, { directory: bundle.directory, page, detail, state })
    }
    const what = verdict === 'approve' ? 'approvals' : 'denials'
    return `Your ${taken.value.value} ${what} are taken and are being recorded one by one; the card shows each, and any that could not be.`
  } catch (fault) {
    return faultTold(list, fault, options)
  }
}

/** Where one of a list is read in full and decided by itself. Only for who could do so: the page asks again who it is. */
async function whereToOpen(
  body: BlockAction,
  chosen: unknown,
  carried: Carried,
  options: EdgeOptions,
): Promise<string> {
  const who = await whoDid(body.user, carried, options)
  if (!who.ok) return who.sentence
  const id = RequestId.safeParse(`req_${chosen}`)
  return id.success ? `Read ${id.data} in full, and decide it by itself, on ${options.page(id.data)}` : malformedClick
}

/** The button by which whoever approved a request allows its agent a few more like it, and the one that takes that back. */
export function registerPermit(app: App, options: EdgeOptions): void {
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: allowMore }, (click) =>
    answerClick(click, options, (carried) => allow(click.body, click.action.value, carried, options)),
  )
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: takeBack }, async (click) => {
    await click.ack()
    const carried = carriedOf(click)
    const { body, action } = click
    const told = await revoke(body, action.value, carried, options)
    // Beside a message there is an address to answer to; on the tab there is none, and a form says it as privately.
    if (typeof body.response_url === 'string')
      await carried.deadline.within(options.sendEphemeral(body.response_url, told.sentence), patience.answer)
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

/** What is told of it, under which title; and whose tab is to be drawn anew, where they clicked there and it shows another now. */
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
  if (!revoked.done) return { title, sentence: revoked.sentence, ...tab }
  const { agent, drawn } = revoked.value
  const ends = drawn.length === 0 ? '' : ` The ${drawn.length} that it had drawn end with it.`
  return { title: 'Taken back', sentence: `Taken back: ${agent} asks people again from now on.${ends}`, ...tab }
}
