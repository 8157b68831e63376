import type { AboutOpening } from '../../../../functions/domain/cards/opening-view.ts'
import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { asOf } from '../../../../functions/domain/requests/due.ts'
import type { OpeningAsk } from '../../../../functions/operations/break-glass/open-break-glass.ts'
import { closeIncident } from '../../../../functions/operations/break-glass/openings.ts'
import { reportSealedUse } from '../../../../functions/operations/break-glass/report-sealed-use.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import { revokeRequest } from '../../../../functions/operations/requests/end-request.ts'
import { hour, minute, Night } from '../../../operations/break-glass/night.ts'
import { MemoryPager } from '../../../support/break-glass/memory-pager.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { person } from '../../../support/world.ts'
import { drawPorts } from './drawing.ts'

export const channel = 'C0APPROVALS'
export const profile = { profile: 'checkout-recovery' }
export const reason = 'payments fail since the 14:10 deploy; putting the timeout back and pausing the worker'

/** A night with recorders for the cards, the direct messages and the page hook. */
export class LoudNight extends Night {
  readonly cards = new MemoryCardStore()
  readonly board = new MemoryCardBoard(channel)
  readonly pager = new MemoryPager()
  /** The facts of the last card. */
  about: AboutOpening | undefined

  async draw(
    { ask }: ApprovalRequest,
    where: { board?: Parameters<typeof drawPorts>[1]['board'] } = {},
  ): Promise<void> {
    const { cards, board, pager } = this
    const ports = drawPorts(this, { cards, board: where.board ?? board })
    const { opening } = ports
    await drawCard(ask.id, {
      ...ports,
      opening: {
        ...opening,
        pager,
        render: (state, about, chat) => {
          this.about = about
          return opening.render(state, about, chat)
        },
      },
    })
  }

  breaks(changes: Partial<OpeningAsk> = {}): Promise<ApprovalRequest> {
    return this.opened('jade', { reason, what: profile, ...changes })
  }

  /** Takes credentials, and uses them once. */
  async uses(request: ApprovalRequest): Promise<void> {
    await this.issueToken(request)
    const live = await this.state(request.ask.id)
    const token = 'grant' in live ? live.grant?.credentials.access_token : undefined
    if (token) await this.issueAws(live, token.id)
  }
}

/** An opening with the facts of its card. */
export type Drawn = { state: ApprovalRequest; about: AboutOpening }

/** An opening in every state of its card, by the state's name, each reached as in production. */
export async function everyOpening(bundle: Bundle): Promise<ReadonlyMap<string, Drawn>> {
  const drawn = new Map<string, Drawn>()
  const keep = async (name: string, story: (night: LoudNight) => Promise<ApprovalRequest>, of = bundle) => {
    const night = new LoudNight(of)
    const { ask } = await story(night)
    await night.draw({ ask } as ApprovalRequest)
    const state = asOf(await night.state(ask.id), night.clock.now())
    if (!night.about) throw new Error(`\`${name}\` was not drawn`)
    drawn.set(name, { state, about: night.about })
  }
  const ended = async (night: LoudNight) => {
    const request = await night.breaks()
    await night.uses(request)
    night.clock.advance(12 * minute)
    await night.end(request)
    return request
  }

  await keep('open', (night) => night.breaks())
  await keep('open for one action', (night) => night.opened('jade', { reason }))
  await keep('a drill', (night) => night.breaks({ drill: true }))
  await keep('ended by the person', ended)
  await keep('ended by itself', async (night) => {
    const request = await night.breaks()
    await night.uses(request)
    night.clock.advance(31 * minute)
    await night.issueToken(request)
    return request
  })
  await keep('ended by another person', async (night) => {
    const request = await night.breaks()
    await revokeRequest({ id: request.ask.id, person: person('gus'), reason: 'this is not an emergency' }, night.ports)
    return request
  })
  await keep('ended with its incident', async (night) => {
    const request = await night.breaks()
    await closeIncident({ id: 'one', incident: 'INC-2041' }, night.ports)
    return request
  })
  await keep('its review overdue', async (night) => {
    const request = await ended(night)
    night.clock.advance(25 * hour)
    await night.review(request, 'kofi')
    return request
  })
  await keep('reviewed and justified', async (night) => {
    const request = await ended(night)
    await night.review(request, 'eve')
    return request
  })
  await keep('reviewed and not justified', async (night) => {
    const request = await ended(night)
    await night.review(request, 'gus', 'not_justified')
    return request
  })
  await keep('a drill that is over', async (night) => {
    const request = await night.breaks({ drill: true })
    await night.end(request)
    await night.review(request, 'eve')
    return request
  })
  const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-sealed'
  const takesSealed = async (night: LoudNight) => {
    const use = { eventId: '6b1f0c1e', user: sealedUser, role, at: night.clock.now(), seconds: hour }
    const reported = await reportSealedUse(use, night.ports)
    if (!reported.ok) throw new Error(reported.code)
    return reported.value.stored.state
  }
  await keep('the sealed role', takesSealed, withSealed(bundle))
  await keep(
    'the sealed role, to be reviewed',
    async (night) => {
      const request = await takesSealed(night)
      night.clock.advance(2 * hour)
      return request
    },
    withSealed(bundle),
  )
  return drawn
}

const sealedUser = 'arn:aws:iam::000000000000:user/jade'
/** The sample organisation with jade in the sealed role of its account. */
function withSealed(bundle: Bundle): Bundle {
  const { target } = bundle.deployment.accounts
  if (!target) throw new Error('the sample has no such account')
  const accounts = { target: { ...target, sealed: { people: { [person('jade')]: sealedUser } } } }
  return { ...bundle, deployment: { ...bundle.deployment, accounts } }
}
