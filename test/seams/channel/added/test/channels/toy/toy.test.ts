import { channelCore } from '../../../functions/channels/core.ts'
import { openDoor } from '../../../functions/channels/doors.ts'
import { kinds } from '../../../functions/channels/kinds.ts'
import { toyDoor } from '../../../functions/channels/toy/door.ts'
import { receiveToy, signToy, type ToyRequest } from '../../../functions/channels/toy/receive.ts'
import { type ToyCard, toyWords } from '../../../functions/channels/toy/words.ts'
import { words } from '../../../functions/channels/words.ts'
import { Bundle, channelsIn, chatsOf } from '../../../functions/domain/policy/bundle.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import { MemoryBurstStore } from '../../support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { issuer, sampleBundle, World } from '../../support/world.ts'
import { keepsPromises, type Trial } from '../promises.ts'
import { startRoom } from './room.ts'

const key = 'a key of the room'
const channel = 'approvals'

/** The sample organisation, in a toy's room in place of its workspace. */
function inRoom(url: string): Bundle {
  const { deployment, directory, ...bundle } = sampleBundle()
  const { chat: _, channels, ...rest } = deployment
  return Bundle.parse({
    ...bundle,
    directory: {
      ...directory,
      people: directory.people.map(({ chatUser: __, ...person }) => ({
        ...person,
        accounts: { ops: person.id.replace('person:', '') },
      })),
    },
    deployment: {
      ...rest,
      chats: { ops: { kind: 'toy', room: 'ops', url } },
      channels: Object.fromEntries(Object.keys(channels).map((alias) => [alias, channel])),
    },
  })
}

const saysOf = (card: JsonObject) => (card as ToyCard).says

keepsPromises<ToyRequest>('toy', async (): Promise<Trial<ToyRequest>> => {
  const room = await startRoom()
  const world = new World(inRoom(room.url))
  const halts = new MemoryHaltStore(world.requests, world.ledger)
  const { requests, ledger, permits, standIns } = world
  const stores = { requests, ledger, permits, standIns, halts }
  const core = channelCore({
    ...{ ...world.ports, ...stores, issuer, targetRoles: [], targetRole: world.targetRole },
    ...{ cards: new MemoryCardStore(), bursts: new MemoryBurstStore(), inTime: () => stores },
    refreshGroups: async () => {},
  })
  const receive = receiveToy({ alias: 'ops', room: 'ops' }, async () => key, core)
  let clicks = 0
  return {
    ...{ world, chat: 'ops', words: words.toy },
    door: toyDoor({ room: 'ops', url: room.url }, async () => key),
    messages: async () => room.in(channel),
    remove: async (ts) => room.remove(channel, ts),
    set: async (state) => room.set(state),
    textsOf: saysOf,
    controlsOf: (card) => ((card as Partial<ToyCard>).buttons ?? []).map(({ verdict }) => verdict),
    // A toy's room reads no markup.
    activeIn: () => [],
    click({ ask, round }, verdict, from, by) {
      clicks += 1
      const sent = { from, verdict, request: ask.id, round, digest: ask.digest.slice(0, 16) }
      const body = `${JSON.stringify({ room: 'ops', ...sent })}${' '.repeat(clicks)}`
      const timestamp = String(world.clock.now())
      return { timestamp, body, signature: signToy(by ?? key, { timestamp, body }) }
    },
    alter: (click) => ({ ...click, body: `${click.body} ` }),
    deliver: receive,
    account: (name) => name,
    close: () => room.close(),
  }
})

test("a deployment has chats of the toy's kind, each reached by its door", async () => {
  const bundle = inRoom('https://rooms.example')
  const [[alias, chat] = []] = [...chatsOf(bundle.deployment)]
  expect([alias, chat?.kind, channelsIn(bundle.deployment)['hotwork-approvals']]).toEqual([
    'ops',
    'toy',
    { chat: 'ops', id: channel },
  ])
  expect([words.toy, kinds.toy.title]).toEqual([toyWords, 'Toy'])
  const secret = () => ({ read: () => Promise.reject(new Error('not read')) })
  expect(await openDoor(chat as never, { secret, log: new World(bundle).log }).open('ana')).toBe('toana')
})
