import type { SlackCard } from '../../../functions/channels/slack/cards/blocks.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { CardBoard } from '../../../functions/operations/cards/ports.ts'
import { CardUndeliverable } from '../../../functions/operations/faults.ts'

/** A workspace's channels in memory, each with its messages. */
export class MemoryCardBoard implements CardBoard {
  readonly #channels: Map<string, Map<string, SlackCard>>
  readonly #lines: { channel: string; ts: string; line: SlackCard }[] = []
  readonly #gone = new Set<string>()
  #posted = 0

  constructor(...channels: readonly string[]) {
    this.#channels = new Map(channels.map((channel) => [channel, new Map()]))
  }

  async post(channel: string, card: JsonObject): Promise<{ ts: string }> {
    await Promise.resolve()
    this.#posted += 1
    const ts = `1800000000.${String(this.#posted).padStart(6, '0')}`
    this.#messagesOf(channel).set(ts, structuredClone(card) as SlackCard)
    return { ts }
  }

  async update(channel: string, ts: string, card: JsonObject): Promise<boolean> {
    await Promise.resolve()
    const messages = this.#messagesOf(channel)
    if (!messages.has(ts)) return false
    messages.set(ts, structuredClone(card) as SlackCard)
    return true
  }

  async open(user: string): Promise<string> {
    await Promise.resolve()
    if (this.#gone.has(user)) throw new CardUndeliverable(`\`${user}\` is not there`)
    const channel = `D${user}`
    if (!this.#channels.has(channel)) this.#channels.set(channel, new Map())
    return channel
  }

  async reply(channel: string, ts: string, line: JsonObject): Promise<boolean> {
    await Promise.resolve()
    if (!this.#messagesOf(channel).has(ts)) return false
    this.#lines.push({ channel, ts, line: structuredClone(line) as SlackCard })
    return true
  }

  /** The lines beneath the messages of a channel, oldest first. */
  lines(channel: string): readonly SlackCard[] {
    return this.#lines.filter((each) => each.channel === channel).map(({ line }) => line)
  }

  /** A user leaves the workspace. */
  remove(user: string): void {
    this.#gone.add(user)
  }

  /** The messages of a channel, oldest first. */
  messages(channel: string): readonly SlackCard[] {
    return [...this.#messagesOf(channel).values()]
  }

  /** A user deletes a message. */
  delete(channel: string, ts: string): void {
    this.#messagesOf(channel).delete(ts)
  }

  /** A user archives a channel, which then takes no posts. */
  archive(channel: string): void {
    this.#channels.delete(channel)
  }

  #messagesOf(channel: string): Map<string, SlackCard> {
    const messages = this.#channels.get(channel)
    if (!messages) throw new CardUndeliverable(`the channel \`${channel}\` is closed to us`)
    return messages
  }
}
