import { openSlack } from '../../functions/channels/slack/door.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { owners } from '../../functions/domain/policy/ladder.ts'
import type { RequestId } from '../../functions/domain/values.ts'
import { createHandler } from '../../functions/handlers/channels/draw-card.ts'
import type { CardBoard } from '../../functions/operations/cards/ports.ts'
import { handOn } from '../../functions/operations/requests/hand-on.ts'
import { startDesk } from '../../local/desk/desk.ts'
import { MemoryPager } from '../../test/support/break-glass/memory-pager.ts'
import { MemoryBurstStore } from '../../test/support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../../test/support/cards/memory-card-store.ts'
import { channelIdsOf, chatOf } from '../../test/support/chats.ts'
import { MemoryPersonLinks } from '../../test/support/people/memory-person-links.ts'
import { HeldQueue } from '../../test/support/requests/held-queue.ts'
import { agent, flag, issuer, person, sampleBundle, start, World, withTerms } from '../../test/support/world.ts'
import { VirtualTime } from './virtual-time.ts'

/** The workers of the queue of cards and the messages that each takes, as in infra/constructs/chats.ts. */
export const workers = { atOnce: 5, batchSize: 5 }
/** A call of Slack, the rest of a drawing, and the pause of a worker without messages. Milliseconds, modelled. */
const takes = { call: 150, drawing: 50, look: 50 }
const visibility = 60_000

export type Minute = { requests: number; teams: number; seconds: number }
/** `last`: seconds from the first request to the last card; `refused`: messages that Slack refused for their rate. */
export type Landed = { cards: number; elsewhere: readonly RequestId[]; last: number; messages: number; refused: number }

/**
 * Requests for the things of several teams, from as many agents, spread over a time. The operations, policies, drawer
 * of cards and door of Slack are the real ones; the desk keeps Slack's limit of one message a second in a channel.
 * Stores and queue are in memory, and time is virtual.
 */
export async function landCards({ requests, teams, seconds }: Minute): Promise<Landed> {
  const bundle = ofTeams(teams)
  const world = new World(bundle)
  const time: VirtualTime = new VirtualTime(() =>
    world.clock.advance(start + Math.floor(time.now / 1000) - world.clock.now()),
  )
  const desk = await startDesk({
    ...{ ...chatOf(bundle), interactivityUrl: 'http://127.0.0.1:9/', signingSecret: 'unused', paced: true },
    people: bundle.directory.people.flatMap(({ id, name, chatUser }) =>
      chatUser === undefined ? [] : [{ slackUserId: chatUser, name: id, realName: name, groups: [] }],
    ),
    channels: channelIdsOf(bundle),
    clock: () => start * 1000 + time.now,
  })
  await using ending = new AsyncDisposableStack()
  ending.defer(desk.close)
  const queue = new HeldQueue({ attempts: 75, visibility })
  const board = slowly(openSlack({ ...chatOf(bundle), apiUrl: desk.apiUrl }, worldOf(world)), time)
  const handle = createHandler({
    ...world.ports,
    ...{ issuer, boards: { slack: board }, cards: new MemoryCardStore(), bursts: new MemoryBurstStore() },
    ...{ pager: new MemoryPager(), links: new MemoryPersonLinks(world.ledger), draws: nowhere },
    hold: async (receipt, after) => queue.hold(receipt, time.now + after * 1000),
  })
  const asked = new Map<RequestId, string>()
  const submitAll = async () => {
    for (let n = 0; n < requests; n++) {
      const team = n % teams
      const from = agent(`bot-${Math.floor(n / teams) % teams}`)
      const state = await world.submitted({ ...flag(`${teamAt(team)}-${n}`), agent: from })
      asked.set(state.ask.id, channelOf(team))
      const cards = { send: async () => queue.send(state.ask.id, time.now) }
      await handOn([{ state, version: 1 }], world.clock.now(), {
        cards,
        denies: nowhere,
        reminders: nowhere,
        changes: nowhere,
      })
      await time.sleep((seconds * 1000) / requests)
    }
  }
  const work = async () => {
    while (asked.size < requests || queue.length > 0) {
      const worked = await queue.workOff(time.now, workers.batchSize, async (event) => {
        await time.sleep(takes.drawing * event.Records.length)
        const { batchItemFailures } = await handle(event)
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
      })
      if (!worked) await time.sleep(takes.look)
    }
  }
  await time.run([submitAll, ...Array.from({ length: workers.atOnce }, () => work)])
  return landed(asked, await messagesOf(desk.deskUrl), board.refused)
}

type Posted = { channel: string; ts: string; text: string; blocks?: unknown }

async function messagesOf(deskUrl: string): Promise<readonly Posted[]> {
  const answer = await fetch(`${deskUrl}control/messages`)
  return ((await answer.json()) as { messages: Posted[] }).messages
}

function landed(asked: ReadonlyMap<RequestId, string>, messages: readonly Posted[], refused: number): Landed {
  const inChannels = messages.filter(({ channel }) => channel.startsWith('C'))
  const texts = inChannels.map((message) => ({ ...message, all: JSON.stringify(message) }))
  const found = [...asked].map(([id, channel]) => ({ id, channel, cards: texts.filter(({ all }) => all.includes(id)) }))
  const right = found.filter(({ channel, cards }) => cards.length === 1 && cards[0]?.channel === channel)
  return {
    cards: right.length,
    elsewhere: found.filter((each) => !right.includes(each)).map(({ id }) => id),
    last: Math.max(...right.map(({ cards }) => Number(cards[0]?.ts))) - start,
    messages: messages.length,
    refused,
  }
}

const nowhere = { send: async () => {} }
const worldOf = ({ log }: World) => ({
  log,
  secret: () => ({ read: async () => ({ botToken: 'xoxb-desk' }) }) as never,
})

/** A chat whose calls take time, and which counts the messages that it refuses. */
function slowly(board: CardBoard, time: VirtualTime): CardBoard & { refused: number } {
  const slow = async <T>(call: () => Promise<T>): Promise<T> => {
    await time.sleep(takes.call)
    return call()
  }
  const counted = {
    refused: 0,
    post: (...message: Parameters<CardBoard['post']>) =>
      slow(() =>
        board.post(...message).catch((fault: unknown) => {
          counted.refused += 1
          throw fault
        }),
      ),
    update: (...message: Parameters<CardBoard['update']>) => slow(() => board.update(...message)),
    open: (user: string) => slow(() => board.open(user)),
    reply: (...message: Parameters<CardBoard['reply']>) => slow(() => board.reply(...message)),
  }
  return counted
}

const teamAt = (team: number) => `team-${team}`
const channelOf = (team: number) => `C0TEAM${team}`

/** The sample with a channel for each team, what it owns, and an agent and its owner for each. */
function ofTeams(count: number): Bundle {
  const sample = withTerms(sampleBundle(), 'owner', { channel: owners, fallbackChannel: 'hotwork-approvals' })
  const all = Array.from({ length: count }, (_, team) => team)
  const model = sample.agents.find(({ id }) => id === agent('remediator'))
  const owner = sample.directory.people.find(({ id }) => id === person('dan'))
  if (!model || !owner) throw new Error('the sample organisation has changed')
  const rate = { perMinute: 60_000, burst: 10_000 }
  const { directory, deployment } = sample
  const by = <T>(name: (team: number) => string, value: (team: number) => T) =>
    Object.fromEntries(all.map((team) => [name(team), value(team)]))
  return {
    ...sample,
    agents: [
      ...sample.agents,
      ...all.map((team) => ({ ...model, id: agent(`bot-${team}`), owner: person(`owner-${team}`) })),
    ],
    directory: {
      ...directory,
      people: [
        ...directory.people,
        ...all.map((team) => ({ ...owner, id: person(`owner-${team}`), chatUser: `U0OWNER${team}` })),
      ],
      groups: { ...directory.groups, ...by(teamAt, () => [person('ana'), person('ben')]) },
      channels: by(teamAt, teamAt),
    },
    deployment: { ...deployment, channels: { ...deployment.channels, ...by(teamAt, channelOf) } as never },
    ladder: {
      ...sample.ladder,
      limits: { openPerAgent: 1000, openPerOwner: 1000, burst: 20, submissions: rate, evaluations: rate },
    },
    resources: [
      ...all.map((team) => ({
        ...{ type: 'flags:flag', id: `prod/${teamAt(team)}-*`, environment: 'prod', classification: 'internal' },
        group: teamAt(team),
      })),
      ...sample.resources,
    ] as Bundle['resources'],
  }
}
