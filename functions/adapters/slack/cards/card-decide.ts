import type { Button } from '@slack/types'
import { clamp, inert } from '../../../domain/inert.ts'
import { type ApprovalRequest, openStage, type StageState } from '../../../domain/requests/request.ts'
import type { RequestId } from '../../../domain/values.ts'
import { narrowFields } from '../forms/narrow-fields.ts'
import { actions, bold, type CardBlock, code, linkButton, plain, rich, section, words } from './blocks.ts'
import { type CardFacts, entryOf } from './card-facts.ts'
import { wantsLogin } from './card-status.ts'
import { titleFor } from './card-title.ts'

/** Controls by their action ids. Apart from the cards, which whoever answers a press need not draw. */
export const approveAll = 'approve_all'
export const denyAll = 'deny_all'
export const openOne = 'open_one'

/** The offer of a standing permit on a card: one press, so its terms are fixed. Others are given through the API. */
export const allowMore = 'allow_more'
export const allowedMore = { uses: 5, hours: 4 } as const

/** Whether whoever approved it may allow its agent more of the same; absent where nobody may from a card. */
export type AllowOptions = { allows?: (state: ApprovalRequest) => boolean }

/**
 * On what was approved by one person: a button by which that person allows a few more alike ahead. And on what was
 * approved so: that nobody was asked anew, and where to look.
 */
export function allowBlocks(state: ApprovalRequest, channel: string, { allows }: AllowOptions): CardBlock[] {
  const { ask, round, stages } = state
  if (ask.standing !== undefined) {
    const told = [bold('Nobody was asked anew: '), words('it draws on the standing permit '), code(ask.standing)]
    return [
      rich(
        'standing',
        section(...told, words(', and ends with it. Whoever may take it back does so on Hotwork’s Home tab.')),
      ),
    ]
  }
  const isHere = stages.some(({ terms }) => terms.channel === channel)
  if ((state.status !== 'approved' && state.status !== 'completed') || !isHere || !allows?.(state)) return []
  const { uses, hours } = allowedMore
  const button: Button = {
    type: 'button',
    action_id: allowMore,
    text: plain(`Allow ${uses} more for ${hours} h…`),
    value: JSON.stringify({ r: ask.id, n: round, d: ask.digest.slice(0, 16) }),
    confirm: {
      title: plain(`Allow exactly this ${uses} more times?`),
      text: plain(
        `${ask.agent.id} may then do the same, on the same resource, ${uses} more times within ${hours} hours, and nobody is asked. You, and whoever may revoke, can take it back at any time.`,
      ),
      confirm: plain('Allow'),
      deny: plain('Go back'),
    },
  }
  return [actions('allow', button)]
}

/** Where a request can be read in full and decided with a stronger login; absent where there is no such page. */
export type CardOptions = { page?: (request: RequestId) => string }

/** The row of buttons, named for what its stage wants of an approval, so that a press says so too. */
const plainStage = 'decide'
export const commentStage = 'decide:comment'
export const loginStage = 'decide:login'

/** The block that stands where Approve would, on a card that does not show all of its request. */
export const tooLongBlock = 'too-long'

/** Leads to the page, and decides nothing. */
export const readAction = 'read'

/**
 * Buttons, while there is something to decide, and only where the people of the open stage are. Nobody approves here what
 * is not shown here in full, nor by a weaker login than the stage wants; anybody who may can deny.
 */
export function decideBlocks(
  state: ApprovalRequest,
  facts: CardFacts,
  channel: string,
  whole: boolean,
  { page }: CardOptions,
): CardBlock[] {
  const stage = state.status === 'pending' ? openStage(state) : undefined
  if (!stage || stage.terms.channel !== channel) return []
  const { ask, round } = state
  const value = JSON.stringify({ r: ask.id, n: round, d: ask.digest.slice(0, 16) })
  const deny: Button = { type: 'button', action_id: 'deny', text: plain('Deny'), style: 'danger', value }
  if (!whole) return [tooLong(state, page), actions(plainStage, ...readButton(state, page), deny)]
  if (wantsLogin(stage)) return [actions(loginStage, loginButton(state, value, page), deny)]
  const wantsComment = stage.terms.comment === 'required'
  return [
    actions(
      wantsComment ? commentStage : plainStage,
      approveButton(state, facts, stage, value),
      ...(wantsComment ? [] : [button('approve_comment', 'Approve with a comment', value)]),
      ...(narrowFields(ask, entryOf(facts, state)).length === 0 ? [] : [button('narrow', 'Narrow', value)]),
      deny,
    ),
  ]
}

const button = (action_id: string, text: string, value: string): Button => ({
  type: 'button',
  action_id,
  text: plain(text),
  value,
})

function tooLong({ ask }: ApprovalRequest, page: CardOptions['page']): CardBlock {
  const why = 'It is too long to be shown in full here, so it cannot be approved here: read all of it, and approve, '
  const where = page ? 'on its page.' : `through the API, GET /v1/requests/${ask.id}.`
  return rich(tooLongBlock, section(bold(why), words(where)))
}

const readButton = ({ ask }: ApprovalRequest, page: CardOptions['page']): Button[] =>
  page ? [{ ...linkButton(readAction, 'Read in full and decide', page(ask.id)), style: 'primary' }] : []

/** Slack opens the page and tells us of the press too. */
function loginButton({ ask }: ApprovalRequest, value: string, page: CardOptions['page']): Button {
  if (!page) return button('approve', 'Approve', value)
  return { ...linkButton('approve', 'Log in and approve', page(ask.id)), value, style: 'primary' }
}

function approveButton(state: ApprovalRequest, facts: CardFacts, stage: StageState, value: string): Button {
  const primary = { ...button('approve', 'Approve', value), style: 'primary' as const }
  // The form that asks for the reason says again what will happen.
  if (stage.terms.comment === 'required') return primary
  const { ask } = state
  const what = `${titleFor(facts, state, 130)}\n\nIn ${ask.environment}, on ${clamp(inert(ask.resource.id), 100).text}`
  return {
    ...primary,
    confirm: {
      title: plain('Approve exactly this?'),
      text: plain(clamp(what, 280).text),
      confirm: plain('Approve'),
      deny: plain('Go back'),
    },
  }
}
