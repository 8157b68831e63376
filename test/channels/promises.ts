import type { ChannelDoor, ChannelWords } from '../../functions/channels/door.ts'
import { lineOf } from '../../functions/channels/lines.ts'
import { describeRequest } from '../../functions/domain/cards/request-view.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type { JsonObject, Verdict } from '../../functions/domain/values.ts'
import { createHandler } from '../../functions/handlers/channels/draw-card.ts'
import { MemoryPager } from '../support/break-glass/memory-pager.ts'
import { MemoryBurstStore } from '../support/cards/memory-burst-store.ts'
import { MemoryCardStore } from '../support/cards/memory-card-store.ts'
import { MemoryPersonLinks } from '../support/people/memory-person-links.ts'
import { MemoryFifoQueue } from '../support/requests/memory-queue.ts'
import { issuer, person, prodParameter, type World } from '../support/world.ts'
import { deceives } from './slack/cards/inert-checks.ts'
import { corpus } from './slack/cards/inert-corpus.ts'

/** A chat of a kind over its double, with its door as it is deployed. The world's people have accounts in it. */
export type Trial<Click> = {
  world: World
  /** Its alias. */
  chat: string
  words: ChannelWords
  door: ChannelDoor
  /** Messages of the channel `hotwork-approvals`, oldest first. */
  messages(): Promise<readonly { ts: string; card: JsonObject }[]>
  remove(ts: string): Promise<void>
  /** `down`: the chat does not answer. `closed`: it refuses messages to that channel. */
  set(state: 'up' | 'down' | 'closed'): Promise<void>
  /** All text that a card shows, and the verdicts of its controls. */
  textsOf(card: JsonObject): readonly string[]
  controlsOf(card: JsonObject): readonly Verdict[]
  /** Parts that the chat interprets beyond text, except links to our own page. */
  activeIn(card: JsonObject): readonly string[]
  /** The chat's request when a person clicks a control of a card that shows `state`. */
  click(state: ApprovalRequest, verdict: Verdict, account: string, by?: 'a stranger'): Click
  /** Changes one byte of it. */
  alter(click: Click): Click
  /** `told`: the sentence to the person, if any. */
  deliver(click: Click): Promise<{ status: number; told: string }>
  account(person: string): string
  close(): Promise<void>
}

const alias = 'hotwork-approvals'
/** Longer than a chat shows in one message. */
const tooLong = { ...prodParameter, arguments: { ...prodParameter.arguments, Value: 'x'.repeat(4_000) } }

/** The promises of every kind of chat, over any protocol. */
export function keepsPromises<Click>(kind: string, make: () => Promise<Trial<Click>>): void {
  let trial: Trial<Click>
  let world: World
  let draw: (state: ApprovalRequest) => Promise<'drawn' | 'again'>
  const shown = () => trial.messages()
  beforeEach(async () => {
    trial = await make()
    world = trial.world
    draw = drawing(trial)
  })
  afterEach(() => trial.close())

  const asked = async (what = prodParameter) => {
    const state = await world.submitted(what)
    await draw(state)
    return state
  }
  const decidedBy = async ({ ask }: ApprovalRequest) =>
    (await world.state(ask.id)).stages.flatMap(({ decisions }) => decisions.map((each) => each.person))

  test(`a text of people is inert in ${kind}, on a card and in a line`, async () => {
    const { words, activeIn, textsOf } = trial
    const state = await world.submitted(prodParameter)
    const { bundle } = world.policy
    for (const text of corpus) {
      const said = written(state, text)
      const ended = { ...said, status: 'revoked', revokedBy: person('ana'), reason: text } as ApprovalRequest
      const card = words.request(describeRequest(said, bundle), alias, { offersPermit: false })
      for (const each of [card, words.say(lineOf({ line: 'ended' }, ended, bundle))])
        expect([text, activeIn(each), textsOf(each).filter(deceives)]).toEqual([text, [], []])
    }
  })

  test(`a card in ${kind} is posted once and follows its request in place`, async () => {
    const state = await asked()
    const [before] = await shown()
    expect(trial.controlsOf(before?.card ?? {}).toSorted()).toEqual(['approve', 'deny'])
    await world.decide(state, 'ben', 'deny')
    await draw(state)
    const after = await shown()
    expect(after.map(({ ts }) => ts)).toEqual([before?.ts])
    expect(after.map(({ card }) => trial.controlsOf(card))).toEqual([[]])
    await draw(state)
    expect(await shown()).toEqual(after)
  })

  test(`a card in ${kind} that a person deleted is posted again`, async () => {
    const state = await asked()
    const [before] = await shown()
    await trial.remove(before?.ts ?? '')
    await world.decide(state, 'ben')
    await draw(state)
    expect((await shown()).filter(({ ts }) => ts !== before?.ts)).toHaveLength(1)
  })

  test(`a card in ${kind} that is too short for its request has no Approve, and a click of an older one is refused`, async () => {
    const state = await asked(tooLong)
    expect((await shown()).map(({ card }) => trial.controlsOf(card))).toEqual([['deny']])
    const { told } = await trial.deliver(trial.click(state, 'approve', trial.account('ben')))
    expect([told === '', await decidedBy(state)]).toEqual([false, []])
  })

  test(`a card in ${kind} is drawn exactly once after an outage`, async () => {
    await trial.set('down')
    const state = await world.submitted(prodParameter)
    expect(await draw(state)).toBe('again')
    await world.decide(state, 'ben')
    await trial.set('up')
    expect([await draw(state), await draw(state), (await shown()).length]).toEqual(['drawn', 'drawn', 1])
  })

  test(`a card in ${kind} for a closed channel raises an alarm, and is retried`, async () => {
    await trial.set('closed')
    expect(await draw(await world.submitted(prodParameter))).toBe('again')
    expect(world.log.lines.map(({ message }) => message)).toContain('card_undeliverable')
  })

  test(`a click in ${kind} is the decision of its account's person`, async () => {
    const state = await asked()
    expect(await trial.deliver(trial.click(state, 'approve', trial.account('ben')))).toEqual({ status: 200, told: '' })
    expect(await decidedBy(state)).toEqual([person('ben')])
  })

  test(`a click in ${kind} with a forged signature or a changed body is unauthenticated`, async () => {
    const state = await asked()
    const click = (by?: 'a stranger') => trial.click(state, 'approve', trial.account('ben'), by)
    const answers = [await trial.deliver(click('a stranger')), await trial.deliver(trial.alter(click()))]
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    expect(await decidedBy(state)).toEqual([])
  })

  test(`a click in ${kind} that is replayed counts once`, async () => {
    const state = await asked()
    const click = trial.click(state, 'approve', trial.account('ben'))
    await trial.deliver(click)
    await trial.deliver(click)
    expect(await decidedBy(state)).toEqual([person('ben')])
    world.clock.advance(3_600)
    expect((await trial.deliver(click)).status).toBe(401)
  })

  test(`a click in ${kind} by an unknown account, or by a person without the right, decides nothing`, async () => {
    const state = await asked()
    for (const account of [trial.account('stranger'), trial.account('gus')]) {
      const { status, told } = await trial.deliver(trial.click(state, 'approve', account))
      expect([status, told === '']).toEqual([200, false])
    }
    expect(await decidedBy(state)).toEqual([])
  })

  test(`a click in ${kind} on a card of an earlier round is refused`, async () => {
    const state = await asked()
    const click = trial.click(state, 'approve', trial.account('ben'))
    await world.decide(state, 'ana', 'approve', { narrow: { minutes: 5 } })
    expect((await trial.deliver(click)).told).not.toBe('')
    expect(await decidedBy(state)).not.toContain(person('ben'))
  })
}

/** The Lambda that draws, with the chat's door. */
function drawing({ world, chat, door }: Pick<Trial<unknown>, 'world' | 'chat' | 'door'>) {
  const handle = createHandler({
    ...world.ports,
    ...{ issuer, boards: { [chat]: door }, cards: new MemoryCardStore(), bursts: new MemoryBurstStore() },
    ...{ pager: new MemoryPager(), links: new MemoryPersonLinks(world.ledger), draws: new MemoryFifoQueue() },
    hold: async () => {},
  })
  return async ({ ask: { id: requestId } }: ApprovalRequest): Promise<'drawn' | 'again'> => {
    const record = { messageId: '1', receiptHandle: '1', body: JSON.stringify({ requestId }), attributes: {} }
    const { batchItemFailures } = await handle({ Records: [record] } as never)
    return batchItemFailures.length === 0 ? 'drawn' : 'again'
  }
}

/** A request in which this is every text of people and agents. */
function written(state: ApprovalRequest, text: string): ApprovalRequest {
  const some = text === '' ? ' ' : text
  const { arguments: args, resource } = state.ask
  const ask = {
    ...state.ask,
    arguments: Object.fromEntries(Object.keys(args).map((name) => [name, text])),
    resource: { ...resource, id: some },
    ...{ purpose: text, justification: text, parentTask: { id: some, url: some } },
    evidence: [{ title: some, url: some, text: some, digest: state.ask.digest }],
  }
  return { ...state, ask }
}
