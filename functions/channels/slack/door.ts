// Rules: test/channels/slack/cards/draw-card.test.ts, test/channels/slack/cards/validate-blocks.test.ts
import type { KnownBlock } from '@slack/types'
import type { WebClient } from '@slack/web-api'
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api'
import * as z from 'zod'
import { inert } from '../../domain/inert.ts'
import type { AccountLink } from '../../domain/people/linking.ts'
import { defined, type JsonObject } from '../../domain/values.ts'
import { BoardUnavailable, CardUndeliverable } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import type { ChannelDoor, DoorWorld, OpenDoor } from '../door.ts'
import {
  cardOf,
  complaintsOf,
  complaintsOfBlock,
  context,
  header,
  rich,
  type SlackCard,
  section,
  words,
} from './cards/blocks.ts'
import { Account, type WebApi, webClients } from './edge/client.ts'
import type { SlackSettings } from './kind.ts'
import { slackSecret } from './secret.ts'

/**
 * A card within Slack's limits. A card that lost facts also loses Approve, because only shown facts can be approved.
 */
export function degradeCard(card: SlackCard): { card: SlackCard; complaints: readonly string[] } {
  const complaints = complaintsOf(card)
  return complaints.length === 0 ? { card, complaints } : { card: bareCard(card), complaints }
}

/** The smallest card: status, id and digest. Deny, the end of an opening and links to the page stay. */
export function bareCard({ text, blocks }: SlackCard): SlackCard {
  const kept = blocks.filter((block) => complaintsOfBlock(block).length === 0)
  const status = kept.find(({ type }) => type === 'header') ?? header(text.slice(0, 150))
  const deny = kept.map(withoutYes).find((block) => block !== undefined)
  const ids = kept.find(({ type }) => type === 'context') ?? context(text.slice(0, 500))
  const why = rich('bare', section(words('The rest of this card cannot be shown here. Read it through the API.')))
  return cardOf(text, [status, why, ...(deny ? [deny] : []), ids])
}

function withoutYes(block: JsonObject): JsonObject | undefined {
  if (block['type'] !== 'actions') return undefined
  const elements = (block['elements'] as readonly JsonObject[]).filter(
    (each) => ['deny', 'end_opening'].includes(String(each['action_id'])) || each['url'] !== undefined,
  )
  return elements.length === 0 ? undefined : { ...block, elements }
}

/** The timeout of a call: below the queue's visibility timeout, so that attempts do not overlap. Milliseconds. */
const patienceMs = 5_000

/** The timeout of answers that a person or a timer waits for. Milliseconds. */
const lookupMs = 4_000

/** One workspace by Slack's Web API. A card is attempted once, because the queue retries. */
export class SlackDoor implements ChannelDoor<SlackCard> {
  readonly #client: () => Promise<WebClient>
  readonly #accounts: () => Promise<WebClient>
  readonly #groups: () => Promise<WebClient>
  readonly #log: Log
  /** The direct-message channels of people by Slack id, cached because they never change and Slack limits look-ups. */
  readonly #direct = new Map<string, string>()

  constructor({ timeoutMs = patienceMs, ...api }: WebApi & { timeoutMs?: number }) {
    this.#client = webClients(api, { timeoutMs })
    this.#accounts = webClients(api, { timeoutMs: lookupMs, retries: 1 })
    this.#groups = webClients(api, { timeoutMs: lookupMs })
    this.#log = api.log
  }

  /** @throws CardUndeliverable, BoardUnavailable */
  async post(channel: string, card: SlackCard): Promise<{ ts: string }> {
    const client = await this.#client()
    const { ts } = await this.#send(card, (message) =>
      client.chat.postMessage({ channel, unfurl_links: false, unfurl_media: false, ...message }),
    )
    if (ts === undefined) throw new BoardUnavailable('Slack posted a card without returning its `ts`')
    return { ts }
  }

  /** @throws CardUndeliverable, BoardUnavailable */
  async update(channel: string, ts: string, card: SlackCard): Promise<boolean> {
    const client = await this.#client()
    try {
      await this.#send(card, (message) => client.chat.update({ channel, ts, ...message }))
      return true
    } catch (fault) {
      if (fault instanceof MessageGone) return false
      throw fault
    }
  }

  /** @throws CardUndeliverable for a user who does not exist, BoardUnavailable */
  async open(user: string): Promise<string> {
    const known = this.#direct.get(user)
    if (known !== undefined) return known
    const client = await this.#client()
    const { channel } = await client.conversations.open({ users: user }).catch((cause: unknown) => {
      throw faultOf(cause)
    })
    if (channel?.id === undefined) throw new BoardUnavailable('Slack opened a conversation without returning its id')
    this.#direct.set(user, channel.id)
    return channel.id
  }

  /**
   * Posts a line in the thread, without a check of Slack's limits: lines are short and ours. Only lines mention people.
   * @throws CardUndeliverable, BoardUnavailable
   */
  async reply(channel: string, ts: string, line: SlackCard): Promise<boolean> {
    const client = await this.#client()
    try {
      await client.chat.postMessage({
        channel,
        thread_ts: ts,
        unfurl_links: false,
        unfurl_media: false,
        ...messageOf(line),
      })
      return true
    } catch (cause) {
      const fault = faultOf(cause)
      if (fault instanceof MessageGone) return false
      throw fault
    }
  }

  /** By `users.info` (scope `users:read`). @throws BoardUnavailable */
  async account(user: string): Promise<(AccountLink & { name: string }) | undefined> {
    const client = await this.#accounts()
    try {
      const found = User.safeParse((await client.users.info({ user })).user)
      return found.success && found.data.id === user ? accountOf(found.data) : undefined
    } catch (cause) {
      if (cause instanceof WebAPIPlatformError && unknown.has(cause.data.error)) return undefined
      throw new BoardUnavailable('the Slack account could not be looked up', { cause })
    }
  }

  /** Members of a user group, by `usergroups.users.list` (scope `usergroups:read`). @throws BoardUnavailable */
  async members(usergroup: string): Promise<readonly string[]> {
    const client = await this.#groups()
    try {
      const { users } = await client.usergroups.users.list({ usergroup, include_disabled: false })
      // A missing list is a fault, because an empty one would remove every member.
      if (users === undefined) throw new TypeError('no users')
      return users
    } catch (cause) {
      throw new BoardUnavailable(`the members of Slack user group \`${usergroup}\` could not be read`, { cause })
    }
  }

  /** Fits the card to Slack's limits and sends it. If Slack refuses its blocks, retries once with the bare card. */
  async #send<T>(card: SlackCard, call: (message: Message) => Promise<T>): Promise<T> {
    const { card: fit, complaints } = degradeCard(card)
    if (complaints.length > 0) this.#log.error('card_degraded', { complaint: complaints[0] })
    try {
      return await call(messageOf(fit))
    } catch (cause) {
      if (!refusesBlocks(cause)) throw faultOf(cause)
      this.#log.error('card_degraded', { complaint: cause.data.error })
      return await call(messageOf(bareCard(fit))).catch((again: unknown) => {
        throw faultOf(again)
      })
    }
  }
}

type Message = { text: string; blocks: KnownBlock[] }
const messageOf = ({ text, blocks }: SlackCard): Message => ({
  text,
  blocks: [...blocks] as unknown as KnownBlock[],
})

class MessageGone extends Error {
  override readonly name = 'MessageGone'
}

const blockErrors = ['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long']
const goneErrors = ['message_not_found', 'thread_not_found', 'cant_update_message', 'edit_window_closed', 'is_inactive']
const passingErrors = [
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'team_added_to_org',
  'update_failed',
]

const refusesBlocks = (cause: unknown): cause is WebAPIPlatformError =>
  cause instanceof WebAPIPlatformError && blockErrors.includes(cause.data.error)

/** Maps Slack's error to a fault of ours. An unknown error may be permanent, so it is CardUndeliverable. */
function faultOf(cause: unknown): Error {
  if (cause instanceof WebAPIRateLimitedError)
    return new BoardUnavailable('Slack limits the rate of calls', { cause, retryAfterSeconds: cause.retryAfter })
  if (cause instanceof WebAPIHTTPError) {
    if (cause.statusCode < 500 && cause.statusCode !== 429)
      return new CardUndeliverable(`Slack answered ${cause.statusCode}`, { cause })
    return new BoardUnavailable(`Slack answered ${cause.statusCode}`, { cause })
  }
  if (cause instanceof WebAPIRequestError) return new BoardUnavailable('Slack does not answer', { cause, forAll: true })
  if (!(cause instanceof WebAPIPlatformError)) return new BoardUnavailable('the call to Slack failed', { cause })
  const { error } = cause.data
  if (goneErrors.includes(error)) return new MessageGone(error, { cause })
  if (passingErrors.includes(error)) return new BoardUnavailable(`Slack answered \`${error}\``, { cause })
  return new CardUndeliverable(`Slack answered \`${error}\``, { cause })
}

/** The members of `users.info` in use. An e-mail address can be changed and proves nothing, so it is not read. */
const User = Account.extend({
  team_id: z.string(),
  name: z.string().optional(),
  real_name: z.string().optional(),
  enterprise_user: z.object({ enterprise_id: z.string() }).optional(),
})

const unknown = new Set(['user_not_found', 'users_not_found', 'user_not_visible'])

function accountOf(user: z.infer<typeof User>): AccountLink & { name: string } {
  return {
    team: user.team_id,
    ...defined({ enterprise: user.enterprise_user?.enterprise_id }),
    kind: kindOf(user),
    name: inert(user.real_name ?? user.name ?? user.id),
  }
}

function kindOf(user: z.infer<typeof User>): AccountLink['kind'] {
  if (user.deleted) return 'deleted'
  if (user.is_bot || user.id === 'USLACKBOT') return 'bot'
  if (user.is_stranger) return 'stranger'
  return user.is_restricted || user.is_ultra_restricted ? 'guest' : 'member'
}

/** The Web API of one workspace, with the secret that holds its bot token. */
export function slackApi({ apiUrl }: Pick<SlackSettings, 'apiUrl'>, world: DoorWorld) {
  const secret = world.secret(slackSecret)
  return { secret, webApi: { apiUrl, token: async () => (await secret.read()).botToken, log: world.log } }
}

export const openSlack: OpenDoor<SlackSettings> = (chat, world) =>
  new SlackDoor({ ...slackApi(chat, world).webApi, ...defined({ timeoutMs: world.patienceMs }) })
