import { createSlackEdge, type EdgeRequest, type HttpAnswer } from '../../functions/adapters/slack/bolt-edge.ts'
import { renderCard } from '../../functions/adapters/slack/card.ts'
import type { RawRequest } from '../../functions/adapters/slack/guard.ts'
import { createWhisper } from '../../functions/adapters/slack/whisper.ts'
import type { ApprovalRequest } from '../../functions/domain/request.ts'
import type { JsonObject } from '../../functions/domain/values.ts'
import { decideInTime } from '../../functions/operations/decide-in-time.ts'
import type { DecidingPorts } from '../../functions/operations/ports.ts'
import type { World } from '../support/world.ts'
import { formOf, pressOf, secret, signed } from './press.ts'

/** What was told to whoever pressed, as Slack's `response_url` got it. */
export type Told = { url: string; response_type: string; replace_original: boolean; text: string }

/** Slack's door as it is deployed, over a world in memory. */
export class Door {
  readonly world: World
  readonly told: Told[] = []
  /** Put in front of the world's ports, to make them slow or silent. */
  ports: (ports: DecidingPorts) => DecidingPorts = (ports) => ports
  secrets: () => Promise<readonly string[]> = async () => [secret]
  whispered: () => Promise<void> = async () => {}
  /** How far this machine's clock is ahead of everybody else's. Seconds. */
  clockAhead = 0
  readonly #edge: (request: EdgeRequest) => Promise<HttpAnswer>
  #pressed = 0

  constructor(world: World) {
    this.world = world
    const { bundle } = world.policy
    this.#edge = createSlackEdge({
      bundle,
      secrets: () => this.secrets(),
      decide: (ask, mayStart) => decideInTime(ask, this.ports(world.ports), mayStart),
      whisper: createWhisper(bundle.deployment.slack.apiUrl, world.log, async (url, init) => {
        this.told.push({ url: String(url), ...JSON.parse(String(init?.body)) })
        await this.whispered()
        return new Response('ok')
      }),
      now: () => world.clock.now() + this.clockAhead,
      log: world.log,
    })
  }

  send(request: RawRequest, via: Partial<EdgeRequest> = {}): Promise<HttpAnswer> {
    return this.#edge({ ...request, arrivedAt: this.world.clock.now(), requestId: 'one-delivery', ...via })
  }

  /** The signed request of a press of a button that is on the request's card. */
  pressOn(state: ApprovalRequest, user: string, verdict: 'approve' | 'deny', changes: JsonObject = {}): RawRequest {
    const { blocks } = renderCard(state, this.world.policy.bundle, 'hotwork-approvals')
    const buttons = blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements as JsonObject[])
    const button = buttons.find((each) => each['action_id'] === verdict)
    if (!button) throw new Error(`the card has no \`${verdict}\``)
    this.#pressed += 1
    const press = pressOf(
      user,
      { action_id: verdict, value: String(button['value']) },
      { trigger_id: `${this.#pressed}` },
    )
    return signed(formOf({ ...press, ...changes }), this.world.clock.now())
  }

  press(state: ApprovalRequest, user: string, verdict: 'approve' | 'deny' = 'approve', changes: JsonObject = {}) {
    return this.send(this.pressOn(state, user, verdict, changes))
  }
}
