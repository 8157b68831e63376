// Rules: test/channels/slack/edge/edge.test.ts
import type { App } from '@slack/bolt'
import * as z from 'zod'
import type { ViewFacts } from '../../../domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../../domain/record/request.ts'
import { Digest, RequestId, rfc3339, type Verdict } from '../../../domain/values.ts'
import { time, words } from '../cards/blocks.ts'
import {
  allowedMore,
  allowMore,
  approveAll,
  approveComment,
  askAgent,
  askColleague,
  denyAll,
  denyWords,
  formStage,
  loginStage,
  type MenuAct,
  menuActs,
  moreMenu,
  openOne,
  readAction,
  revise,
} from '../cards/card-decide.ts'
import { approveModal, narrowModal, whyModal } from '../forms/card-forms.ts'
import { colleagueModal, denyWordsModal, questionModal, reviseModal } from '../forms/message-forms.ts'
import { type Modal, showModal } from '../forms/modal-blocks.ts'
import { redrawTab } from '../home/home.ts'
import { readPermit, takeBack, takeBackBlock } from '../home/home-view.ts'
import { attempt, decide, decisionOnCard, foresee } from './answers.ts'
import { onceFor, readChoice, readSubject, readValue, type Subject } from './click.ts'
import { patience } from './client.ts'
import type { EdgeOptions } from './edge-options.ts'
import { type Clicked, onClick, onLink } from './listen.ts'
import { listChanged, loginOf, nothingToNarrow, notOpened } from './sentences.ts'

/** The buttons of a card. A successful decision is shown by the redrawn card only. */
export function registerCard(app: App, options: EdgeOptions): void {
  onClick(app, options, 'approve', readSubject, approveOnCard)
  onClick(app, options, 'narrow', readSubject, (click) => openForm(click, narrowModal, options))
  onClick(app, options, 'deny', readSubject, deny)
  onClick(app, options, moreMenu, readChoice, ({ about: { act, subject }, ...click }) =>
    menu[act]({ ...click, about: subject }, options),
  )
  // Cards of an earlier release have buttons for these.
  for (const act of menuActs) onClick(app, options, act, readSubject, menu[act])
  onLink(app, readAction)
}

type OnCard = Clicked<Subject>

const menu: { readonly [act in MenuAct]: (click: OnCard, options: EdgeOptions) => Promise<string | undefined> } = {
  [approveComment]: (click, options) => openForm(click, approveModal, options),
  [denyWords]: (click, options) => openForm(click, denyWordsModal, options, 'deny'),
  [revise]: (click, options) => openForm(click, reviseModal, options, 'revise'),
  [askAgent]: (click, options) =>
    openMessage(click, (state) => questionModal(state, options.bundle, subjectOf(click)), options),
  [askColleague]: (click, options) => {
    const people = (state: ApprovalRequest) => options.colleagues(state, click.person)
    const form = async (state: ApprovalRequest) =>
      colleagueModal(state, options.bundle, subjectOf(click), await people(state))
    return openMessage(click, form, options)
  },
}

const subjectOf = ({ about, body }: OnCard): Subject => ({ ...about, channel: body.channel?.id, ts: body.message?.ts })

/**
 * The card knows its stage's requirements, so an approval that needs a login, a reason or a name is neither attempted
 * nor recorded as refused.
 */
async function approveOnCard(click: OnCard, options: EdgeOptions): Promise<string | undefined> {
  if (click.block === formStage) return openForm(click, approveModal, options)
  if (click.block === loginStage) {
    // An old card may ask for a login that its stage has dropped.
    const found = await foreseeDecision(click, options)
    if (!found.ok) return found.sentence
  }
  const { person, carried } = click
  const told = await decide({ person, verdict: 'approve' }, subjectOf(click), carried, options)
  if (told.done) return undefined
  // An old card may lack its stage's terms; the form has them.
  return told.code === 'comment_required' || told.code === 'name_mismatch'
    ? openForm(click, approveModal, options)
    : told.sentence
}

/** Records a denial at once, to keep it easy. The form then offers to add a reason. */
async function deny(click: OnCard, options: EdgeOptions): Promise<string | undefined> {
  const { person, body, carried } = click
  const told = await decide({ person, verdict: 'deny' }, subjectOf(click), carried, options)
  if (!told.done) return told.sentence
  await showModal(body.trigger_id, whyModal(told.value.state, options.bundle, subjectOf(click)), carried, options)
  return undefined
}

async function openForm(
  click: OnCard,
  form: (state: ApprovalRequest, facts: ViewFacts, about: Subject) => Modal | undefined,
  options: EdgeOptions,
  verdict: Verdict = 'approve',
): Promise<string | undefined> {
  const { body, carried } = click
  const found = await foreseeDecision(click, options, verdict)
  if (!found.ok) return found.sentence
  const modal = form(found.state, options.bundle, subjectOf(click))
  if (!modal) return nothingToNarrow
  return (await showModal(body.trigger_id, modal, carried, options, patience.tell)) ? undefined : notOpened
}

/** Opens a form for words, for a person who could approve now. */
async function openMessage(
  click: OnCard,
  form: (state: ApprovalRequest) => Promise<Modal> | Modal,
  options: EdgeOptions,
): Promise<string | undefined> {
  const { person, about, body, carried } = click
  const { request: id, round, digest } = about
  const found = await foresee(id, () => options.foreseeQuestion({ id, round, digest, person }), carried, options)
  if (!found.ok) return found.sentence
  const warn = (fault: string) => options.log.warn('form_not_made', { request: id, fault })
  const modal = await carried.deadline.inTime(async () => form(found.state), patience.start, warn)
  if (!modal) return notOpened
  return (await showModal(body.trigger_id, modal.value, carried, options, patience.tell)) ? undefined : notOpened
}

const foreseeDecision = ({ person, about, carried }: OnCard, options: EdgeOptions, verdict: Verdict = 'approve') => {
  const words = { comment: '-', ...(verdict === 'revise' ? { toAgent: '-' } : {}) }
  const ask = { person, verdict, ...words, ...decisionOnCard(about, options) } as const
  return foresee(about.request, () => options.foresee(ask), carried, options)
}

/** The value of a button for a whole list: its burst, the burst's card and the digest of the list. */
const BurstValue = z.strictObject({ b: Digest, g: z.int().positive(), l: Digest })
const readBurst = (value: unknown) => readValue(BurstValue, value)

/**
 * The buttons of a burst's card. The click is recorded here; another function then decides each request of the list.
 */
export function registerBurst(app: App, options: EdgeOptions): void {
  onClick(app, options, approveAll, readBurst, (click) => decideAll('approve', click, options))
  onClick(app, options, denyAll, readBurst, (click) => decideAll('deny', click, options))
  // The request to read and decide alone. The page authenticates its reader again.
  const readListed = (chosen: unknown) => RequestId.safeParse(`req_${chosen}`).data
  onClick(
    app,
    options,
    openOne,
    readListed,
    async ({ about: id }) => `Read ${id} in full, and decide it by itself, on ${options.page(id)}`,
  )
}

async function decideAll(
  verdict: Verdict,
  { person, about: { b: key, g: generation, l: list }, carried }: Clicked<z.infer<typeof BurstValue>>,
  options: EdgeOptions,
): Promise<string> {
  const ask = { person, verdict, key, generation, list, chat: options.chat.alias, once: onceFor(carried, list) }
  const told = await attempt({ request: list }, ask, options.decideAll, carried, options)
  if (!told.done) return told.code === 'stale_digest' ? listChanged : told.sentence
  const what = verdict === 'approve' ? 'approvals' : 'denials'
  return `Your ${told.value} ${what} are accepted and are being recorded one by one. The card shows each, and any that could not be recorded.`
}

/** The button that gives a standing permit, and the button that revokes it. */
export function registerPermit(app: App, options: EdgeOptions): void {
  onClick(app, options, allowMore, readSubject, allow)
  onClick(app, options, takeBack, readPermit, async ({ person, about: id, body, carried }) => {
    const ask = { id, person, reason: 'taken back' }
    const told = await attempt({ click: 'revoke_standing' }, ask, options.revokePermit, carried, options)
    const redraw = {
      ...(body.view?.type === 'home' && { after: () => redrawTab(body.user.id, person, carried, options) }),
    }
    if (!told.done) return { title: 'Not taken back', said: told.sentence, ...redraw }
    const { agent, drawn } = told.value
    const ends = drawn.length === 0 ? '' : ` The ${drawn.length} that it had drawn end with it.`
    const said = `Revoked: ${agent} asks people again from now on.${ends}`
    return { title: 'Taken back', said, ...redraw }
  })
}

async function allow({ person, about: { request, digest }, carried }: Clicked<Subject>, options: EdgeOptions) {
  const { uses, hours } = allowedMore
  // A click in Slack is a weak login.
  const ask = { request, digest, person, login: {}, uses, until: options.now() + hours * 3600 }
  const told = await attempt({ request }, ask, options.allowMore, carried, options)
  if (!told.done)
    return told.code === 'insufficient_login' ? needsLogin(request, told.detail, options.permitsPage) : told.sentence
  const permit = told.value
  const [before, after] = [
    `${permit.agent} may do the same ${uses} more times until `,
    ', and no person is asked. Revoke that here, or on Hotwork’s Home tab.',
  ]
  return {
    sentence: `${before}${rfc3339(permit.until)}${after}`,
    parts: [words(before), time(permit.until), words(after)],
    blocks: [takeBackBlock(permit)],
  }
}

const needsLogin = (request: RequestId, detail: string | undefined, permitsPage: string): string =>
  `Nothing was allowed: that needs ${loginOf(detail)} than Slack's. Log in so, and allow it at ${permitsPage}/give/${request}`
