import * as z from 'zod'
import { BoardUnavailable, CardUndeliverable } from '../../operations/faults.ts'
import type { ChannelDoor, OpenDoor } from '../door.ts'
import type { ToyCard } from './words.ts'

type ToySettings = { room: string; url: string }
const Posted = z.object({ ts: z.string() })
const Account = z.object({ name: z.string(), guest: z.boolean() })

export const toySecret = { shape: z.object({ key: z.string().min(1) }), members: '`key`' }

/** A room over HTTP. */
export const openToy: OpenDoor<ToySettings> = (chat, world) => {
  const secret = world.secret(toySecret)
  return toyDoor(chat, async () => (await secret.read()).key)
}

export function toyDoor({ room, url }: ToySettings, key: () => Promise<string>): ChannelDoor<ToyCard> {
  async function send(method: string, path: string, body?: ToyCard): Promise<Response> {
    const headers = { authorization: `Bearer ${await key()}`, 'content-type': 'application/json' }
    const sent = body ? { method, headers, body: JSON.stringify(body) } : { method, headers }
    const answer = await fetch(`${url}/${room}/${path}`, { ...sent, signal: AbortSignal.timeout(5_000) }).catch(
      (cause: unknown) => {
        throw new BoardUnavailable('the room does not answer', { cause, forAll: true })
      },
    )
    if (answer.status >= 500) throw new BoardUnavailable(`the room answered ${answer.status}`)
    if (!answer.ok && answer.status !== 404) throw new CardUndeliverable(`the room answered ${answer.status}`)
    return answer
  }
  const isThere = async (method: string, path: string, card: ToyCard) => (await send(method, path, card)).ok
  return {
    async post(channel, card) {
      const answer = await send('POST', `channels/${channel}`, card)
      if (!answer.ok) throw new CardUndeliverable(`there is no channel \`${channel}\``)
      return Posted.parse(await answer.json())
    },
    update: (channel, ts, card) => isThere('PUT', `channels/${channel}/${ts}`, card),
    reply: (channel, ts, line) => isThere('POST', `channels/${channel}/${ts}/lines`, line),
    open: async (account) => `to${account}`,
    async account(user) {
      const answer = await send('GET', `accounts/${user}`)
      if (!answer.ok) return undefined
      const { name, guest } = Account.parse(await answer.json())
      return { team: room, kind: guest ? 'guest' : 'member', name }
    },
  }
}
