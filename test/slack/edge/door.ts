import { renderCard } from '../../../functions/adapters/slack/cards/card.ts'
import { createEphemeral } from '../../../functions/adapters/slack/edge/answers.ts'
import { createSlackEdge, type EdgeRequest, type HttpAnswer } from '../../../functions/adapters/slack/edge/bolt-edge.ts'
import type { EdgeOptions } from '../../../functions/adapters/slack/edge/edge-options.ts'
import type { RawRequest } from '../../../functions/adapters/slack/edge/guard.ts'
import type { Modal } from '../../../functions/adapters/slack/forms/modal-blocks.ts'
import type { ApprovalRequest } from '../../../functions/domain/requests/request.ts'
import type { Digest, JsonObject, RequestId } from '../../../functions/domain/values.ts'
import { openingOptions } from '../../../functions/handlers/wiring/emergency-options.ts'
import { overviewOptions } from '../../../functions/handlers/wiring/overview-options.ts'
import { pageOf } from '../../../functions/handlers/wiring/slack.ts'
import { acceptBurst } from '../../../functions/operations/cards/decide-burst.ts'
import { decideInTime, inTime, permitsInTime } from '../../../functions/operations/cards/decide-in-time.ts'
import { givePermit } from '../../../functions/operations/permits/standing-permits.ts'
import { commentDecision, foreseeDecision } from '../../../functions/operations/requests/decide-request.ts'
import type { MakingPorts } from '../../../functions/operations/requests/ports.ts'
import { MemoryBurstStore } from '../../support/cards/memory-burst-store.ts'
import { issuer, type World } from '../../support/world.ts'
import { clickOf, formOf, secret, signed, submissionOf } from './clicks.ts'

/** What was told to whoever clicked, as Slack's `response_url` got it. */
export type Told = {
  url: string
  response_type: string
  replace_original: boolean
  text: string
  blocks?: JsonObject[]
}

export type CardButton = 'approve' | 'approve_comment' | 'narrow' | 'deny'

/** Where the page of a request is. */
export const page = pageOf(issuer)

/** Slack's door as it is deployed, over a world in memory. */
export class Door {
  readonly world: World
  readonly told: Told[] = []
  /** The forms that were opened, with the trigger that each was opened by. */
  readonly opened: { trigger: string; modal: Modal }[] = []
  /** Put in front of the world's ports, to make them slow or silent. */
  ports: (ports: MakingPorts) => MakingPorts = (ports) => ports
  secrets: () => Promise<readonly string[]> = async () => [secret]
  ephemeralSent: () => Promise<void> = async () => {}
  /** Slack, when it is asked to open a form. */
  opens: () => Promise<void> = async () => {}
  /** The cards of bursts. */
  readonly bursts = new MemoryBurstStore()
  seen: EdgeOptions['seen'] = async () => undefined
  /** How far this machine's clock is ahead of everybody else's. Seconds. */
  clockAhead = 0
  readonly #edge: (request: EdgeRequest) => Promise<HttpAnswer>
  #clicked = 0

  constructor(world: World) {
    this.world = world
    const { bundle } = world.policy
    this.#edge = createSlackEdge({
      bundle,
      secrets: () => this.secrets(),
      decide: (ask, mayStart) => decideInTime(ask, this.ports(world.ports), mayStart),
      foresee: (ask) => foreseeDecision(ask, this.ports(world.ports)),
      comment: (ask, mayStart) => commentDecision(ask, inTime(this.ports(world.ports), mayStart)),
      seen: (place) => this.seen(place),
      openModal: async (trigger, modal) => {
        await this.opens()
        this.opened.push({ trigger, modal })
      },
      page,
      decideAll: (ask, mayStart) => {
        const { bursts } = this
        return acceptBurst(ask, { ...inTime(this.ports(world.ports), mayStart), bursts })
      },
      allowMore: (ask, mayStart) =>
        givePermit(ask, {
          ...inTime(this.ports(world.ports), mayStart),
          permits: permitsInTime(world.permits, mayStart),
        }),
      ...overviewOptions({ ...world.ports, permits: world.permits, standIns: world.standIns }, issuer),
      endOpening: (...asked) => openingOptions(this.ports(world.ports)).endOpening(...asked),
      foreseeReview: (ask) => openingOptions(this.ports(world.ports)).foreseeReview(ask),
      review: (...asked) => openingOptions(this.ports(world.ports)).review(...asked),
      publishHome: async () => {},
      refreshGroups: async () => true,
      sendEphemeral: createEphemeral(bundle.deployment.chat.apiUrl, world.log, async (url, init) => {
        this.told.push({ url: String(url), ...JSON.parse(String(init?.body)) })
        await this.ephemeralSent()
        return new Response('ok')
      }),
      now: () => world.clock.now() + this.clockAhead,
      log: world.log,
    })
  }

  send(request: RawRequest, via: Partial<EdgeRequest> = {}): Promise<HttpAnswer> {
    return this.#edge({ ...request, arrivedAt: this.world.clock.now(), requestId: 'one-delivery', ...via })
  }

  /** The signed request of a click of a button that is on the request's card. */
  clickOn(state: ApprovalRequest, user: string, action_id: CardButton, changes: JsonObject = {}): RawRequest {
    const { blocks } = renderCard(state, this.world.policy.bundle, 'hotwork-approvals', { page })
    const row = blocks.find(({ type }) => type === 'actions')
    const button = (row?.['elements'] as JsonObject[] | undefined)?.find((each) => each['action_id'] === action_id)
    if (!button) throw new Error(`the card has no \`${action_id}\``)
    this.#clicked += 1
    const click = clickOf(
      user,
      { action_id, value: String(button['value']), block_id: String(row?.['block_id']) },
      { trigger_id: `${this.#clicked}` },
    )
    return signed(formOf({ ...click, ...changes }), this.world.clock.now())
  }

  click(state: ApprovalRequest, user: string, action_id: CardButton = 'approve', changes: JsonObject = {}) {
    return this.send(this.clickOn(state, user, action_id, changes))
  }

  /** Clicks a button that opens a form, and gives the form. */
  async open(state: ApprovalRequest, user: string, action_id: CardButton): Promise<Modal> {
    const before = this.opened.length
    await this.click(state, user, action_id)
    const { modal } = this.opened[before] ?? {}
    if (!modal) throw new Error(`nothing was opened: ${this.told.at(-1)?.text}`)
    return modal
  }

  /** The signed request of a form that was filled in. */
  formFrom(modal: Modal, user: string, values: { [field: string]: string }, changes: JsonObject = {}): RawRequest {
    this.#clicked += 1
    const sent = submissionOf(user, modal, values, { trigger_id: `${this.#clicked}` })
    return signed(formOf({ ...sent, ...changes }), this.world.clock.now())
  }

  /** Sends a filled form, and gives what Slack is to do with it; nothing where it is to be closed. */
  async submit(modal: Modal, user: string, values: { [field: string]: string } = {}): Promise<unknown> {
    const { statusCode, body } = await this.send(this.formFrom(modal, user, values))
    if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`)
    return body === '' ? undefined : JSON.parse(body)
  }

  /** What the entry of the last decision says was rendered. */
  async seenBy(id: RequestId): Promise<Digest | undefined> {
    const entries = await this.world.ledger.entries(id)
    const decided = entries.findLast(({ type }) => type === 'Decided')
    return (decided?.['facts'] as { seen?: Digest } | undefined)?.seen
  }
}
