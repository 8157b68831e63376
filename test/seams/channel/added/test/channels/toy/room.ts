import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ToyCard } from '../../../functions/channels/toy/words.ts'

type Message = { ts: string; card: ToyCard; lines: ToyCard[] }

/** A room in memory, over HTTP. */
export async function startRoom() {
  const channels = new Map<string, Message[]>()
  let state: 'up' | 'down' | 'closed' = 'up'
  let posted = 0

  function take(path: string, body: string): { status: number; said?: object } {
    if (state === 'down') return { status: 503 }
    const [, , kind, name = '', ts, lines] = path.split('/')
    if (kind === 'accounts') return { status: 200, said: { name, guest: false } }
    if (state === 'closed') return { status: 403 }
    const messages = channels.get(name) ?? []
    channels.set(name, messages)
    const message = messages.find((each) => each.ts === ts)
    if (ts !== undefined && !message) return { status: 404 }
    const card = JSON.parse(body) as ToyCard
    if (message && lines) message.lines.push(card)
    else if (message) message.card = card
    else messages.push({ ts: String(++posted), card, lines: [] })
    return { status: 200, said: { ts: String(posted) } }
  }

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { status, said = {} } = take(incoming.url ?? '', Buffer.concat(chunks).toString())
    outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(said))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    in: (channel: string): readonly Message[] => channels.get(channel) ?? [],
    remove(channel: string, ts: string) {
      channels.set(
        channel,
        (channels.get(channel) ?? []).filter((each) => each.ts !== ts),
      )
    },
    set(next: typeof state) {
      state = next
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
