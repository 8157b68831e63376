// Rules: test/stack/slack.test.ts
import type { Local } from '../local-file.ts'

export interface Card {
  channel: string
  ts: string
  says: string
  buttons: string[]
  /** The value of each choice in the menu behind the buttons, by its act. */
  choices: { readonly [act: string]: string }
  postedAt: number
}

type Clickable = Pick<Card, 'channel' | 'ts'> & Partial<Pick<Card, 'choices'>>

export type SentInteraction = { url: string; headers: Record<string, string>; body: string }

export type Said = { channel: string; text: string }

type Told = { ts: string; text: string }

const mostTries = 10
const isLate = ({ text }: Told): boolean => /the store was too slow|store has not answered yet/.test(text)

/** `clickedAt`: Unix milliseconds. */
type ClickAnswer = { status: number; body: string; clickedAt: number }

/**
 * Longer than the minute after which the queue gives messages of a failed Lambda out again (infra/constructs/chats.ts), so
 * that a timeout means that the card did not come.
 */
const patienceMilliseconds = 90_000

/** People at the desk, through its control API. */
export class DeskClient {
  readonly #deskUrl: string
  constructor({ deskUrl }: Pick<Local['slack'], 'deskUrl'>) {
    this.#deskUrl = deskUrl
  }

  /** Waits for a card that matches `wanted`, by the desk's events, without polling. */
  async untilCard(requestId: string, wanted: (card: Card) => boolean = () => true): Promise<Card> {
    let last: Card | undefined
    const look = async () => {
      const cards = await this.cardsThatSay(requestId)
      last = cards.at(-1)
      return cards.find(wanted)
    }
    return this.#until(look, () =>
      last ? `the card of ${requestId} still says: ${last.says}` : `no card of ${requestId}`,
    )
  }

  /**
   * Waits for the lines beneath a request's cards that match `wanted`, in channels and direct messages, oldest first.
   */
  async untilSaid(requestId: string, wanted: (said: readonly Said[]) => boolean): Promise<readonly Said[]> {
    let last: readonly Said[] = []
    const look = async () => {
      const { messages } = await this.#messages()
      const cards = messages.filter((each) => each.thread_ts === undefined && readCard(each).says.includes(requestId))
      last = messages
        .filter(({ channel, thread_ts }) => cards.some((card) => card.ts === thread_ts && card.channel === channel))
        .map(({ channel, text }) => ({ channel, text }))
      return wanted(last) ? last : undefined
    }
    return this.#until(look, () => `beneath the cards of ${requestId} is said: ${JSON.stringify(last)}`)
  }

  /**
   * Clicks, and repeats it if a busy machine misses Slack's deadline, as a person would.
   * @param action an `action_id`, or an act of the menu
   */
  async click({ channel, ts, choices }: Clickable, action: string, user: string): Promise<ClickAnswer> {
    const clickedAt = Date.now()
    const value = choices?.[action]
    const click = { channel, ts, user, ...(value === undefined ? { action_id: action } : { action_id: 'more', value }) }
    for (let tries = 1; ; tries += 1) {
      const late = await this.#toldLate(user)
      const answer = await this.#call<{ status: number; body: string }>('click', click)
      if (tries === mostTries || (await this.#toldLate(user)) === late) return { ...answer, clickedAt }
    }
  }

  async #toldLate(user: string): Promise<number> {
    return (await this.#told(user)).filter(isLate).length
  }

  async clickAndRead(...click: Parameters<DeskClient['click']>): Promise<ClickAnswer & { told: string }> {
    const user = click[2]
    const before = (await this.toldTo(user)).length
    const answer = await this.click(...click)
    return { ...answer, told: (await this.untilTold(user, before)).text }
  }

  async submitForm(user: string, values: { [field: string]: string }): Promise<void> {
    const look = async () => (await this.#call<{ views: { id: string }[] }>(`views?user=${user}`)).views.at(-1)
    const { id } = await this.#until(look, () => `${user} has no form open`)
    await this.#call('submit', { view_id: id, user, values })
  }

  /** Opens the app's Home tab. @returns its text, once it contains `wanted` */
  async openHome(slackId: string, wanted: string): Promise<string> {
    await this.#call('event', { type: 'app_home_opened', user: slackId, channel: `D${slackId.slice(1)}`, tab: 'home' })
    let last = ''
    const look = async () => {
      const { home } = await this.#call<{ home?: unknown }>(`views?user=${slackId}`)
      last = JSON.stringify(home ?? '')
      return last.includes(wanted) ? last : undefined
    }
    return this.#until(look, () => `the Home tab of ${slackId} says: ${last}`)
  }

  /** Types a slash command. @returns the answer to its writer */
  async type(slackId: string, command: string, text: string): Promise<string> {
    const { messages } = await this.#messages()
    const [{ channel = '' } = {}] = messages.filter((each) => !each.channel.startsWith('D'))
    const before = (await this.toldTo(slackId)).length
    await this.#call('command', { command, text, user: slackId, channel })
    return JSON.stringify(await this.untilTold(slackId, before))
  }

  /** The present cards in channels with this text, without the lines beneath them. */
  async cardsThatSay(text: string): Promise<Card[]> {
    const { messages } = await this.#messages()
    const posted = messages.filter(({ channel, thread_ts }) => !channel.startsWith('D') && thread_ts === undefined)
    return posted.map(readCard).filter(({ says }) => says.includes(text))
  }

  async untilDirectCard(slackId: string, requestId: string): Promise<Card> {
    const isCard = ({ channel, thread_ts }: Message) => channel === `D${slackId.slice(1)}` && thread_ts === undefined
    const look = async () =>
      (await this.#messages()).messages
        .filter(isCard)
        .map(readCard)
        .find(({ says }) => says.includes(requestId))
    return this.#until(look, () => `${slackId} has no direct card of ${requestId}`)
  }

  /** Ephemeral messages to a person, except requests for another click. */
  async toldTo(user: string): Promise<Told[]> {
    return (await this.#told(user)).filter((each) => !isLate(each))
  }

  async #told(user: string): Promise<Told[]> {
    return (await this.#call<{ ephemerals: Told[] }>(`ephemerals?user=${user}`)).ephemerals
  }

  /** Waits for the ephemeral message after the first `before`. */
  async untilTold(user: string, before: number): Promise<Told> {
    return this.#until(
      async () => (await this.toldTo(user))[before],
      () => `${user} was told nothing`,
    )
  }

  /** Makes the Web API answer every call with this status; 0 ends that. */
  async fail(status: number): Promise<void> {
    await this.#call('fault', { status })
  }

  /** Has a channel refuse the app's posts with this error of Slack, or take them again. */
  async close(channel: string, error?: 'is_archived' | 'not_in_channel'): Promise<void> {
    await this.#call('channel', { channel, ...(error && { error }) })
  }

  async lastInteraction(): Promise<SentInteraction> {
    const { interactions } = await this.#call<{ interactions: SentInteraction[] }>('interactions')
    const last = interactions.at(-1)
    if (!last) throw new Error('the desk has sent nothing yet')
    return last
  }

  /** Looks again after each change at the desk. The number of the change is read first, so that no change is missed. */
  async #until<T>(look: () => Promise<T | undefined>, otherwise: () => string): Promise<T> {
    const end = Date.now() + patienceMilliseconds
    for (;;) {
      const { seq } = await this.#messages()
      const found = await look()
      if (found !== undefined) return found
      const left = end - Date.now()
      if (left <= 0) throw new Error(otherwise())
      await this.#call(`wait?after=${seq}&timeout=${Math.ceil(left / 1000)}`)
    }
  }

  #messages(): Promise<{ seq: number; messages: Message[] }> {
    return this.#call('messages')
  }

  async #call<T>(path: string, body?: object): Promise<T> {
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(`${this.#deskUrl}control/${path}`, body ? json : {})
    const text = await response.text()
    if (!response.ok) throw new Error(`the desk answered ${response.status}: ${text}`)
    return JSON.parse(text) as T
  }
}

export const headOf = ({ says }: Card): string => `"${says.slice(0, 70).trim()}..."`

export const describeCard = (card: Card): string => `${headOf(card)}; buttons: ${card.buttons.join(', ') || 'none'}`

interface Message {
  channel: string
  ts: string
  text: string
  blocks?: unknown[]
  thread_ts?: string
}

function readCard({ channel, ts, text, blocks = [] }: Message): Card {
  const texts: string[] = []
  const buttons: string[] = []
  const choices: { [act: string]: string } = {}
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { type, text, action_id, options = [] } = value as Record<string, unknown>
    if (type === 'button' || type === 'overflow') buttons.push(String(action_id))
    if (type === 'overflow')
      for (const option of options as { value: string }[]) choices[option.value.split(' ')[0] ?? ''] = option.value
    if (type !== 'button' && typeof text === 'string') texts.push(text)
    Object.values(value).forEach(walk)
  }
  walk(blocks)
  return { channel, ts, says: [text, ...texts].join(' '), buttons, choices, postedAt: Number(ts) * 1000 }
}
