import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import type { ApprovalRequest } from '../../../domain/requests/request.ts'
import type { PersonId } from '../../../domain/values.ts'
import { type Carried, readClick, whoDid } from '../edge/click.ts'
import { decideTold } from '../edge/click-answers.ts'
import { patience } from '../edge/client.ts'
import type { EdgeOptions } from '../edge/edge-options.ts'
import { answerClick } from '../edge/ephemeral.ts'
import { malformedClick, nothingToNarrow, notOpened, sentenceFor } from '../edge/sentences.ts'
import { approveModal, narrowModal, type Subject, whyModal } from '../forms/card-forms.ts'
import { type Modal, showModal } from '../forms/modal-blocks.ts'
import { showsAll } from './card.ts'
import { commentStage, loginStage, readAction } from './card-decide.ts'

/** A press of a button, by somebody who is somebody, on what they saw. */
type Press = { person: PersonId; about: Subject; trigger: string; stage: string; carried: Carried }
/** Does what a button is for. A sentence is for the one who pressed; without one, the card or a form says enough. */
type Act = (press: Press, options: EdgeOptions) => Promise<string | undefined>

/** The buttons of a card, and what each does. */
const buttons: { readonly [action: string]: Act } = {
  approve: (press, options) => {
    // The card knows what its stage wants, so that what it cannot have here is not attempted, nor recorded as refused.
    if (press.stage === commentStage) return openForm(press, approveModal, options)
    if (press.stage === loginStage) return whereToLogIn(press, options)
    return approve(press, options)
  },
  approve_comment: (press, options) => openForm(press, approveModal, options),
  narrow: (press, options) => openForm(press, narrowModal, options),
  deny,
}

/** A decision that stands is told by the redrawn card alone, a refusal to the one who pressed. */
export function registerCard(app: App, options: EdgeOptions): void {
  for (const [action_id, act] of Object.entries(buttons))
    app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id }, (press) =>
      answerClick(press, options, (carried) => pressed(act, press.body, press.action, carried, options)),
    )
  app.action<BlockAction<ButtonAction>>({ type: 'block_actions', action_id: readAction }, ({ ack }) => ack())
}

async function pressed(
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

async function approve(press: Press, options: EdgeOptions): Promise<string | undefined> {
  const { person, about, carried } = press
  const told = await decideTold({ person, verdict: 'approve' }, about, carried, options)
  if (told.done) return undefined
  // An old card does not know that its stage wants a reason: the form does.
  return told.code === 'comment_required' ? openForm(press, approveModal, options) : told.sentence
}

/** Recorded at once, since saying no is easy; only then is asked why, which nobody has to say, nor to be able to. */
async function deny({ person, about, trigger, carried }: Press, options: EdgeOptions): Promise<string | undefined> {
  const told = await decideTold({ person, verdict: 'deny' }, about, carried, options)
  if (!told.done) return told.sentence
  await showModal(trigger, whyModal(told.state, options.bundle, about), carried, options)
  return undefined
}

/** Opens a form where what it is for would be taken now, so that nobody fills one in for nothing. */
async function openForm(
  press: Press,
  form: (state: Parameters<typeof approveModal>[0], facts: EdgeOptions['bundle'], about: Subject) => Modal | undefined,
  options: EdgeOptions,
): Promise<string | undefined> {
  const { about, trigger, carried } = press
  const found = await foreseen(press, options)
  if (!found.ok) return found.sentence
  const modal = form(found.state, options.bundle, about)
  if (!modal) return nothingToNarrow
  return (await showModal(trigger, modal, carried, options, patience.tell)) ? undefined : notOpened
}

/** Following a link attempts nothing. Whoever may decide is told where it leads; whoever may not, that they may not. */
async function whereToLogIn(press: Press, options: EdgeOptions): Promise<string | undefined> {
  const found = await foreseen(press, options)
  // A card that asked for a login where none is wanted any more is only old.
  return found.ok ? approve(press, options) : found.sentence
}

type Looked = { ok: true; state: Parameters<typeof approveModal>[0] } | { ok: false; sentence: string }

/** What an approval with whatever comment would come to. */
async function foreseen({ person, about, carried }: Press, options: EdgeOptions): Promise<Looked> {
  const { bundle, foresee, page, log } = options
  const { request: id, round, digest } = about
  const ask = {
    ...({ id, person, round, digest, verdict: 'approve', comment: '-', through: 'slack', login: {} } as const),
    showsAll: (state: ApprovalRequest) => showsAll(state, bundle, { page }),
  }
  try {
    const found = await carried.deadline.within(foresee(ask), patience.start)
    if (!found.done) return { ok: false, sentence: notOpened }
    if (found.value.ok) return { ok: true, state: found.value.value }
    const { code, detail, state } = found.value
    return { ok: false, sentence: sentenceFor(code, { directory: bundle.directory, page, detail, state }) }
  } catch (fault) {
    log.error('press not looked up', { request: id, fault: fault instanceof Error ? fault.name : 'unknown' })
    return { ok: false, sentence: notOpened }
  }
}
