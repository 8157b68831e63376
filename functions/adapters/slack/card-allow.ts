import type { Button } from '@slack/types'
import type { ApprovalRequest } from '../../domain/requests/request.ts'
import { actions, bold, type CardBlock, code, plain, rich, section, words } from './blocks.ts'
import { allowedMore, allowMore } from './burst-actions.ts'

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
