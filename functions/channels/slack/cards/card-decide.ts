// Rules: test/channels/slack/cards/card.test.ts
import type { Button } from '@slack/types'
import { canBeLess } from '../../../domain/cards/narrowable.ts'
import { awaited } from '../../../domain/cards/registry-words.ts'
import { openStageOf, type RequestView, type StageView } from '../../../domain/cards/request-view.ts'
import { titleText } from '../../../domain/cards/request-words.ts'
import { loginNeeded } from '../../../domain/cards/stage-words.ts'
import { clamp, inert } from '../../../domain/inert.ts'
import type { RequestOptions } from '../../door.ts'
import {
  actions,
  bold,
  button,
  type CardBlock,
  code,
  confirming,
  linkButton,
  overflow,
  rich,
  section,
  words,
} from './blocks.ts'

/**
 * The action ids of controls. They are separate from the cards, so that code that only answers clicks does not load the
 * cards.
 */
export const approveAll = 'approve_all'
export const denyAll = 'deny_all'
export const openOne = 'open_one'

/** Approval with a form for a comment. */
export const approveComment = 'approve_comment'

/** The choices whose forms write to the agent, or ask a colleague. */
export const denyWords = 'deny_words'
export const revise = 'revise'
export const askAgent = 'ask_agent'
export const askColleague = 'ask_colleague'

/** The menu behind the buttons. A choice has the act and a button's subject. */
export const moreMenu = 'more'
export const menuActs = [approveComment, denyWords, revise, askAgent, askColleague] as const
export type MenuAct = (typeof menuActs)[number]

/** The offer of a standing permit on a card. A click has fixed terms; the API has more. */
export const allowMore = 'allow_more'
export const allowedMore = { uses: 5, hours: 4 } as const

/** The offer of a standing permit on an approved card; on a request drawn from a permit, the line that names it. */
export function allowBlocks(view: RequestView, channel: string, { offersPermit }: RequestOptions): CardBlock[] {
  const { agent, standing, stages, status } = view
  if (standing !== undefined)
    return [
      rich(
        'standing',
        section(
          bold('Approved by a standing permit. No person was asked: '),
          code(standing),
          words('. It ends when the permit ends. The permit can be revoked on Hotwork’s Home tab.'),
        ),
      ),
    ]
  const isHere = stages.some(({ channels }) => channels.includes(channel))
  if ((status !== 'approved' && status !== 'completed') || !isHere || !offersPermit) return []
  const { uses, hours } = allowedMore
  const allow = button(allowMore, `Allow ${uses} more for ${hours} h…`, buttonValue(view), {
    confirm: confirming(
      `Allow exactly this ${uses} more times?`,
      `${agent.id} may then do the same, on the same resource, ${uses} more times within ${hours} hours, without asking. You can take this back at any time, and so can the people who may revoke.`,
      'Allow',
    ),
  })
  return [actions('allow', allow)]
}

/**
 * The id of the row of buttons has the stage's requirements for an approval, so that a click carries them. `formStage`:
 * a reason, or the name of the resource.
 */
const plainStage = 'decide'
export const formStage = 'decide:comment'
export const loginStage = 'decide:login'

/** The block that replaces Approve on a card that does not show its whole request. */
export const tooLongBlock = 'too-long'

/** A link to the page. It decides nothing. */
export const readAction = 'read'

/**
 * Approve is only on a card that shows the whole request, at a stage for which a click is login enough. Deny is always
 * there. Rarer choices are in the menu behind them.
 */
export function decideBlocks(
  view: RequestView,
  channel: string,
  isWhole: boolean,
  { page }: RequestOptions,
): CardBlock[] {
  const stage = openStageOf(view)
  if (!stage?.channels.includes(channel)) return []
  const value = buttonValue(view)
  const deny = button('deny', 'Deny', value, { style: 'danger' })
  const written = view.registry ? { [askColleague]: writing[askColleague] } : writing
  const menu = overflow(moreMenu, ...choices(view, written))
  // The new owner accepts a transfer on its page, and only then an approval counts.
  if (awaited(view)) return [actions(plainStage, ...readButton(view, page), deny, menu)]
  if (!isWhole) return [tooLong(view, page), actions(plainStage, ...readButton(view, page), deny, menu)]
  if (loginNeeded(stage) !== undefined) return [actions(loginStage, loginButton(view, value, page), deny, menu)]
  return [
    actions(
      wantsForm(stage) ? formStage : plainStage,
      approveButton(view, stage, value),
      ...(canBeLess(view) ? [button('narrow', 'Narrow', value)] : []),
      deny,
      ...(page ? [linkButton(readAction, 'Open page', page(view.id))] : []),
      wantsForm(stage) ? menu : overflow(moreMenu, ...choices(view, { [approveComment]: commentLabel, ...written })),
    ),
  ]
}

const wantsForm = ({ needsComment, needsName }: StageView): boolean => needsComment || needsName

const commentLabel = 'Approve with a comment'
const writing = {
  [denyWords]: 'Deny with words',
  [revise]: 'Say what to change',
  [askAgent]: 'Ask the agent',
  [askColleague]: 'Ask a colleague',
}

const choices = (view: RequestView, labels: { readonly [act: string]: string }) =>
  // In words rather than JSON, whose quotes would be escaped in the card: each menu has five.
  Object.entries(labels).map(([act, text]) => ({ text, value: [act, ...Object.values(subjectOf(view))].join(' ') }))

const subjectOf = ({ id, round, digest }: RequestView) => ({ r: id, n: round, d: digest.slice(0, 16) })
const buttonValue = (view: RequestView): string => JSON.stringify(subjectOf(view))

function tooLong({ id }: RequestView, page: RequestOptions['page']): CardBlock {
  const why = 'This request is too long for a card, so it cannot be approved here. '
  const where = page ? 'Read and approve it on its page.' : `Read it through the API: GET /v1/requests/${id}.`
  return rich(tooLongBlock, section(bold(why), words(where)))
}

const readButton = ({ id }: RequestView, page: RequestOptions['page']): Button[] =>
  page ? [{ ...linkButton(readAction, 'Read in full and decide', page(id)), style: 'primary' }] : []

/** Slack opens the page, and also reports the click. */
const loginButton = ({ id }: RequestView, value: string, page: RequestOptions['page']): Button =>
  page
    ? { ...linkButton('approve', 'Log in and approve', page(id)), value, style: 'primary' }
    : button('approve', 'Approve', value)

function approveButton(view: RequestView, stage: StageView, value: string): Button {
  const where = view.steps
    ? 'Each step, in the order of the card, by its own agent.'
    : `In ${view.environment}, on ${clamp(inert(view.resource.id), 100).text}`
  const what = `${titleText(view.title, 130)}\n\n${where}`
  return button('approve', 'Approve', value, {
    style: 'primary',
    // The form repeats the consequences, so the button does not.
    ...(wantsForm(stage) ? {} : { confirm: confirming('Approve exactly this?', clamp(what, 280).text, 'Approve') }),
  })
}
