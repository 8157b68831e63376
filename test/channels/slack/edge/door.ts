import { pageOf } from '../../../../functions/channels/page-of.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { createEphemeral } from '../../../../functions/channels/slack/edge/answers.ts'
import {
  createSlackEdge,
  type EdgeRequest,
  type HttpAnswer,
} from '../../../../functions/channels/slack/edge/bolt-edge.ts'
import type { EdgeOptions } from '../../../../functions/channels/slack/edge/edge-options.ts'
import type { RawRequest } from '../../../../functions/channels/slack/edge/guard.ts'
import type { Modal } from '../../../../functions/channels/slack/forms/modal-blocks.ts'
import { edgeOptions } from '../../../../functions/channels/slack/receive-slack.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { Digest, JsonObject, RequestId } from '../../../../functions/domain/values.ts'
import { MemoryBurstStore } from '../../../support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { chatOf } from '../../../support/chats.ts'
import { MemoryHaltStore } from '../../../support/ledger/memory-halt-store.ts'
import { issuer, type World } from '../../../support/world.ts'
import { choiceOf, clickOf, formOf, secret, signed, submissionOf } from './clicks.ts'
import { storesInTime } from './timely.ts'
import { unhurried } from './unhurried.ts'

/** A message to the person who clicked, as Slack's `response_url` received it. */
export type Told = {
  url: string
  response_type: string
  replace_original: boolean
  text: string
  blocks?: JsonObject[]
}

export type CardButton =
  | 'approve'
  | 'approve_comment'
  | 'narrow'
  | 'deny'
  | 'deny_words'
  | 'revise'
  | 'ask_agent'
  | 'ask_colleague'

/** The page of a request. */
export const page = pageOf(issuer)

/** Slack's door as it is deployed, over a world in memory. */
export class Door {
  readonly world: World
  readonly told: Told[] = []
  /** The opened forms, with their triggers. */
  readonly opened: { trigger: string; modal: Modal }[] = []
  /** Wraps the world's ports, to make them slow or silent. */
  ports: (ports: World['ports']) => World['ports'] = (ports) => ports
  secrets: () => Promise<readonly string[]> = async () => [secret]
  ephemeralSent: () => Promise<void> = async () => {}
  /** Slack's answer when it is asked to open a form. */
  opens: () => Promise<void> = async () => {}
  /** True if Slack's timeout runs. */
  isTimed = false
  /** The cards of bursts. */
  readonly bursts = new MemoryBurstStore()
  seen: EdgeOptions['seen'] = async () => undefined
  /** The lead of this machine's clock. Seconds. */
  clockAhead = 0
  #clicked = 0

  /** The alias of its chat. */
  readonly #chat: string

  constructor(world: World, chat = 'slack') {
    this.world = world
    this.#chat = chat
  }

  /** Made for each request, because a test may change the ports. */
  options(): EdgeOptions {
    const { world, bursts } = this
    const { log, clock, policy } = world
    const ports = this.ports(world.ports)
    const { permits, standIns } = world
    const halts = new MemoryHaltStore(world.requests, world.ledger)
    const options = edgeOptions({
      ...{ ...ports, ...storesInTime({ ...ports, permits, standIns, halts }), reader: world.reader },
      ...{ issuer, bursts, targetRoles: [], targetRole: world.targetRole },
      cards: new MemoryCardStore(),
      chat: chatOf(policy.bundle, this.#chat),
      secrets: () => this.secrets(),
      openModal: async (trigger, modal) => {
        await this.opens()
        this.opened.push({ trigger, modal })
      },
      publishHome: async () => {},
      refreshGroups: async () => {},
      sendEphemeral: createEphemeral(chatOf(policy.bundle).apiUrl, log, async (url, init) => {
        this.told.push({ url: String(url), ...JSON.parse(String(init?.body)) })
        await this.ephemeralSent()
        return new Response('ok')
      }),
    })
    return {
      ...options,
      ...(this.isTimed ? {} : { stopwatch: unhurried() }),
      seen: (place) => this.seen(place),
      now: () => clock.now() + this.clockAhead,
    }
  }

  send(request: RawRequest, via: Partial<EdgeRequest> = {}): Promise<HttpAnswer> {
    return createSlackEdge(this.options())({
      ...request,
      arrivedAt: this.world.clock.now(),
      requestId: 'one-delivery',
      ...via,
    })
  }

  /** The signed request of a click on a button of the request's card. */
  clickOn(state: ApprovalRequest, user: string, action_id: CardButton, changes: JsonObject = {}): RawRequest {
    const { blocks } = renderCard(state, this.world.policy.bundle, 'hotwork-approvals', { page })
    const elements = (row: JsonObject) => row['elements'] as JsonObject[]
    const isThere = (each: JsonObject) => each['action_id'] === action_id
    const rows = blocks.filter(({ type }) => type === 'actions')
    const row = rows.find((each) => elements(each).some(isThere)) ?? rows[0]
    const button = row && elements(row).find(isThere)
    const options = row ? elements(row).flatMap(({ options = [] }) => options as JsonObject[]) : []
    const choice = options.find(({ value }) => String(value).startsWith(`${action_id} `))
    if (!button && !choice) throw new Error(`the card has no \`${action_id}\``)
    this.#clicked += 1
    const block_id = String(row?.['block_id'])
    const trigger_id = `${this.#clicked}`
    const click = button
      ? clickOf(user, { action_id, value: String(button['value']), block_id }, { trigger_id })
      : choiceOf(user, { action_id: 'more', value: String(choice?.['value']), block_id }, { trigger_id })
    return signed(formOf({ ...click, ...changes }), this.world.clock.now())
  }

  click(state: ApprovalRequest, user: string, action_id: CardButton = 'approve', changes: JsonObject = {}) {
    return this.send(this.clickOn(state, user, action_id, changes))
  }

  /** Clicks a button that opens a form, and returns the form. */
  async open(state: ApprovalRequest, user: string, action_id: CardButton): Promise<Modal> {
    const before = this.opened.length
    await this.click(state, user, action_id)
    const { modal } = this.opened[before] ?? {}
    if (!modal) throw new Error(`nothing was opened: ${this.told.at(-1)?.text}`)
    return modal
  }

  /** The signed request of a filled form. */
  formFrom(modal: Modal, user: string, values: { [field: string]: string }, changes: JsonObject = {}): RawRequest {
    this.#clicked += 1
    const sent = submissionOf(user, modal, values, { trigger_id: `${this.#clicked}` })
    return signed(formOf({ ...sent, ...changes }), this.world.clock.now())
  }

  /** Submits a filled form, and returns Slack's instruction; undefined if the form closes. */
  async submit(modal: Modal, user: string, values: { [field: string]: string } = {}): Promise<unknown> {
    const { statusCode, body } = await this.send(this.formFrom(modal, user, values))
    if (statusCode !== 200) throw new Error(`${statusCode}: ${body}`)
    return body === '' ? undefined : JSON.parse(body)
  }

  /** The digest of the seen card in the last decision's entry. */
  async seenBy(id: RequestId): Promise<Digest | undefined> {
    const decided = (await this.world.ledger.entries(id)).findLast(({ type }) => type === 'Decided')
    return (decided?.['facts'] as { seen?: Digest } | undefined)?.seen
  }
}
