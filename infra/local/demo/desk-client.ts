import type { Local } from '../local-file.ts'

/** A card as the desk shows it. */
export interface Card {
  channel: string
  ts: string
  /** Everything that is written on it, as one text. */
  says: string
  /** The buttons that it has now. */
  buttons: string[]
  /** Milliseconds since 1970, when it was posted. */
  postedAt: number
}

/** One signed request as the desk sent it to the app. */
export interface SentInteraction {
  url: string
  headers: Record<string, string>
  body: string
  answer?: { status: number; body: string }
}

/** A line beneath a card. */
export interface Said {
  channel: string
  text: string
}

export interface Told {
  ts: string
  text: string
}

/** What a person presses on a card, by its control's `action_id`. */
export type Press = 'approve' | 'deny' | 'narrow' | 'approve_all'

/** How long a card may take. Far more than it does: a failure should mean that it never came. */
const patienceMilliseconds = 45_000

/** People at the desk, by its control API: they see cards, click, and are told things in private. */
export class DeskClient {
  readonly #deskUrl: string
  constructor({ deskUrl }: Pick<Local['slack'], 'deskUrl'>) {
    this.#deskUrl = deskUrl
  }

  /** The card of a request, once there is one that is as `wanted`. Waits for the desk's own events, without polling. */
  async untilCard(requestId: string, wanted: (card: Card) => boolean = () => true): Promise<Card> {
    let last: Card | undefined
    const found = await this.#untilChanged(async () => {
      const { seq, messages } = await this.#get<{ seq: number; messages: Message[] }>('control/messages')
      // What people are sent directly, and what is said beneath a card, is not the card in a channel.
      const posted = messages.filter(({ channel, thread_ts }) => !channel.startsWith('D') && thread_ts === undefined)
      const cards = posted.map(readCard).filter(({ says }) => says.includes(requestId))
      last = cards.at(-1) ?? last
      return { seq, found: cards.find(wanted) }
    })
    if (found) return found
    throw new Error(last ? `the card of ${requestId} still says: ${last.says}` : `no card of ${requestId} came`)
  }

  /** What is said beneath the cards of a request, wherever they are, oldest first, once it is as `wanted`. */
  async untilSaid(requestId: string, wanted: (said: readonly Said[]) => boolean): Promise<readonly Said[]> {
    let last: readonly Said[] = []
    const found = await this.#untilChanged(async () => {
      const { seq, messages } = await this.#get<{ seq: number; messages: Message[] }>('control/messages')
      const cards = messages.filter((each) => each.thread_ts === undefined && readCard(each).says.includes(requestId))
      last = messages
        .filter(({ channel, thread_ts }) => cards.some((card) => card.ts === thread_ts && card.channel === channel))
        .map(({ channel, text }) => ({ channel, text }))
      return { seq, found: wanted(last) ? last : undefined }
    })
    if (found) return found
    throw new Error(`beneath the cards of ${requestId} is said: ${JSON.stringify(last)}`)
  }

  /** Clicks as Slack would deliver it: signed, with what the person's screen shows. */
  async click(card: Pick<Card, 'channel' | 'ts'>, action: Press, user: string): Promise<ClickAnswer> {
    const { channel, ts } = card
    const began = Date.now()
    const answer = await this.#post<{ status: number; body: string }>('control/click', {
      channel,
      ts,
      action_id: action,
      user,
    })
    return { ...answer, clickedAt: began }
  }

  /** Fills in the form that this person has open, by the names of its fields, and sends it. */
  async submitForm(user: string, values: { [field: string]: string }): Promise<void> {
    const opened = await this.#untilChanged(async () => {
      const { seq } = await this.#get<{ seq: number }>('control/messages')
      const { views } = await this.#get<{ views: { id: string }[] }>(`control/views?user=${user}`)
      return { seq, found: views.at(-1) }
    })
    if (!opened) throw new Error(`${user} has no form open`)
    await this.#post('control/submit', { view_id: opened.id, user, values })
  }

  /** What Slack's Web API answers from now on, whatever it is asked. @param status 0 ends it. */
  async breakSlack(status: number): Promise<void> {
    await this.#post('control/fault', { status })
  }

  /** Every message in a channel that names this text, with what is on it now. */
  async cardsThatSay(text: string): Promise<Card[]> {
    const { messages } = await this.#get<{ messages: Message[] }>('control/messages')
    const posted = messages.filter(({ channel, thread_ts }) => !channel.startsWith('D') && thread_ts === undefined)
    return posted.map(readCard).filter(({ says }) => says.includes(text))
  }

  /** What this person alone has been told, oldest first. */
  async toldTo(user: string): Promise<Told[]> {
    const { ephemerals } = await this.#get<{ ephemerals: Told[] }>(`control/ephemerals?user=${user}`)
    return ephemerals
  }

  /** The next thing that this person is told, after the `before` that they had been told already. */
  async untilTold(user: string, before: number): Promise<Told> {
    const found = await this.#untilChanged(async () => {
      const { seq } = await this.#get<{ seq: number }>('control/messages')
      return { seq, found: (await this.toldTo(user))[before] }
    })
    if (found) return found
    throw new Error(`${user} was told nothing`)
  }

  /** The last signed request that the desk sent, byte for byte. */
  async lastInteraction(): Promise<SentInteraction> {
    const { interactions } = await this.#get<{ interactions: SentInteraction[] }>('control/interactions')
    const last = interactions.at(-1)
    if (!last) throw new Error('the desk has sent nothing yet')
    return last
  }

  async #untilChanged<T>(look: () => Promise<{ seq: number; found: T | undefined }>): Promise<T | undefined> {
    const end = Date.now() + patienceMilliseconds
    for (;;) {
      const { seq, found } = await look()
      const left = end - Date.now()
      if (found !== undefined || left <= 0) return found
      await this.#get(`control/wait?after=${seq}&timeout=${Math.ceil(left / 1000)}`)
    }
  }

  async #get<T>(path: string): Promise<T> {
    return read(await fetch(`${this.#deskUrl}${path}`))
  }

  async #post<T>(path: string, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' }
    return read(await fetch(`${this.#deskUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
  }
}

export interface ClickAnswer {
  status: number
  body: string
  /** Milliseconds since 1970. */
  clickedAt: number
}

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
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { type, text, action_id } = value as Record<string, unknown>
    if (type === 'button') buttons.push(String(action_id))
    else if (typeof text === 'string') texts.push(text)
    Object.values(value).forEach(walk)
  }
  walk(blocks)
  return { channel, ts, says: [text, ...texts].join(' '), buttons, postedAt: Number(ts) * 1000 }
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text()
  if (!response.ok) throw new Error(`the desk answered ${response.status}: ${text}`)
  return JSON.parse(text) as T
}
