import type { Bundle } from '../../functions/domain/bundle.ts'
import type { ApprovalRequest } from '../../functions/domain/request.ts'
import type { PersonId } from '../../functions/domain/values.ts'
import { closeIncident } from '../../functions/operations/close-incident.ts'
import { drawCard } from '../../functions/operations/draw-card.ts'
import type { EmergencyAbout } from '../../functions/operations/draw-emergency.ts'
import type { OpeningAsk } from '../../functions/operations/open-break-glass.ts'
import { revokeRequest } from '../../functions/operations/revoke-request.ts'
import { hour, minute, Night } from '../operations/night.ts'
import { MemoryCardBoard } from '../support/memory-card-board.ts'
import { MemoryCardStore } from '../support/memory-card-store.ts'
import { MemoryPager } from '../support/memory-pager.ts'
import { person } from '../support/world.ts'
import { drawPorts } from './drawing.ts'

export const channel = 'C0APPROVALS'
export const profile = { profile: 'checkout-recovery' }
export const reason = 'payments fail since the 14:10 deploy; putting the timeout back and pausing the worker'

/** A night in which everybody is told: the cards, what each person was sent, and the page hook. */
export class LoudNight extends Night {
  readonly cards = new MemoryCardStore()
  readonly board = new MemoryCardBoard(channel)
  readonly pager = new MemoryPager()
  /** What the last card was made of. */
  about: EmergencyAbout | undefined

  async draw(
    { ask }: ApprovalRequest,
    where: { board?: Parameters<typeof drawPorts>[1]['board'] } = {},
  ): Promise<void> {
    const { cards, board, pager } = this
    const ports = drawPorts(this, { cards, board: where.board ?? board })
    const { emergency } = ports
    await drawCard(ask.id, {
      ...ports,
      emergency: {
        ...emergency,
        pager,
        render: (state, about) => {
          this.about = about
          return emergency.render(state, about)
        },
      },
    })
  }

  breaks(changes: Partial<OpeningAsk> = {}): Promise<ApprovalRequest> {
    return this.opened('jade', { reason, what: profile, ...changes })
  }

  /** They take credentials, and do one thing with them. */
  async uses(request: ApprovalRequest): Promise<void> {
    await this.issueToken(request)
    const live = await this.state(request.ask.id)
    const token = 'grant' in live ? live.grant?.credentials.access_token : undefined
    if (token) await this.issueAws(live, token.id)
  }
}

/** An opening with all that its card is made of. */
export type Drawn = { state: ApprovalRequest; about: EmergencyAbout }

/** An opening in every state that its card shows, by the name of the state, each come about as it would. */
export async function everyEmergency(bundle: Bundle): Promise<ReadonlyMap<string, Drawn>> {
  const drawn = new Map<string, Drawn>()
  const keep = async (name: string, story: (night: LoudNight) => Promise<ApprovalRequest>) => {
    const night = new LoudNight(bundle)
    const { ask } = await story(night)
    await night.draw({ ask } as ApprovalRequest)
    const state = await night.state(ask.id)
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
  await keep('ended by whoever may revoke', async (night) => {
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
  return drawn
}

/** The same, of a role that was taken past Hotwork. */
export const asSealed = ({ state, about }: Drawn): Drawn => {
  const { breakGlass, ...ask } = state.ask
  if (!breakGlass) throw new Error('no emergency')
  const resource = { type: 'hotwork:sealed-role', id: 'arn:aws:iam::000000000000:role/hotwork/Hotwork-sealed' }
  return { state: { ...state, ask: { ...ask, resource, breakGlass: { ...breakGlass, sealed: true } } }, about }
}

export const lena = 'person:lena' as PersonId
