import type { SlackCard } from '../../../../functions/channels/slack/cards/blocks.ts'
import { complaintsOf, largestCard, sizeOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderBurst } from '../../../../functions/channels/slack/cards/burst-card.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { approveAll, denyAll } from '../../../../functions/channels/slack/cards/card-decide.ts'
import { burstOf } from '../../../../functions/domain/cards/burst.ts'
import { verify } from '../../../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import { channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { refusals } from '../../../../functions/domain/refusals.ts'
import type { JsonObject, RequestId } from '../../../../functions/domain/values.ts'
import { drawBursts, partition } from '../../../../functions/handlers/channels/draw-batch.ts'
import { decideBurst } from '../../../../functions/operations/cards/decide-burst.ts'
import { drawBurst, hasOwnCard } from '../../../../functions/operations/cards/draw-burst.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import type { BurstMessage } from '../../../../functions/operations/cards/ports.ts'
import { declareHalt, liftHalt } from '../../../../functions/operations/halts/halt.ts'
import { cancelRequest } from '../../../../functions/operations/requests/end-request.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { MemoryHaltStore } from '../../../support/ledger/memory-halt-store.ts'
import { MemoryFifoQueue } from '../../../support/requests/memory-queue.ts'
import { agent, parameter, person, sampleBundle, type What, World, withTerms } from '../../../support/world.ts'
import { clickOf, formOf, signed } from '../edge/clicks.ts'
import { wordsOf } from '../edge/desk-world.ts'
import { Door } from '../edge/door.ts'
import { drawPorts } from './drawing.ts'
import { corpus } from './inert-corpus.ts'
import { previewOf } from './states.ts'

/**
 * A burst: one agent submits many alike at once. People get one card with a line for each, and click once for the lines
 * they have read. Each request is decided by itself, on its own record, by the operation behind its own card's buttons.
 */

const sample = sampleBundle()
/** Limits with more room, so that one busy agent's requests keep cards of their own. */
const bundle = { ...sample, ladder: { ...sample.ladder, limits: { openPerAgent: 100, openPerOwner: 200, burst: 5 } } }
const channel = 'C0APPROVALS'
const flag = (n: number, value: boolean | string = false): What => ({
  action: 'flags:set',
  arguments: { environment: 'prod', flag: `checkout-${n}`, value },
  resource: { type: 'flags:flag', id: `prod/checkout-${n}` },
})

class Bursting {
  readonly world: World
  readonly door: Door
  readonly cards = new MemoryCardStore()
  readonly board = new MemoryCardBoard(channel)
  readonly draws = new MemoryFifoQueue<BurstMessage>()

  constructor(own: Bundle = bundle) {
    this.world = new World(own)
    this.door = new Door(this.world)
  }

  /** Draws a changed request, and then the bursts that it belongs to, as the card drawer does. */
  async draw(...ids: readonly RequestId[]): Promise<void> {
    await this.place(...ids)
    await this.drawBursts()
  }

  /** Draws a changed request alone, as the card drawer does. */
  async place(...ids: readonly RequestId[]): Promise<void> {
    const { world, cards, board, draws } = this
    const { requests, policy } = world
    const place = { requests, bursts: this.door.bursts, draws, policy }
    const ports = drawPorts(
      world,
      { cards, board },
      {
        hasOwnCard: (state, alias, hasCard) => hasOwnCard(state, alias, hasCard, place),
        render: (state, alias) =>
          renderCard(state, policy.bundle, alias, { page: (each) => `https://desk/decide/${each}` }),
      },
    )
    for (const id of ids) await drawCard(id, ports)
  }

  async drawBursts(): Promise<void> {
    const { world, board, draws } = this
    const { requests, clock, log, policy } = world
    const ports = {
      ...{ requests, bursts: this.door.bursts, boards: { slack: board }, clock, log },
      channels: channelsIn(bundle.deployment),
      renderBurst: (view: Parameters<typeof renderBurst>[0]) => {
        const rendered = renderBurst(view, policy.bundle)
        // A card that Slack would refuse fails every test.
        expect(complaintsOf(rendered.card)).toEqual([])
        return rendered
      },
    }
    const Records = draws
      .take()
      .map((message, index) => ({ body: JSON.stringify(message), messageId: String(index) }) as never)
    const { single, several } = partition(Records)
    expect(single).toEqual([])
    const hold = async () => {}
    expect(
      await drawBursts(several, {
        draw: (kind, because) => drawBurst(kind, because, ports),
        hold,
        mayStart: () => true,
        log,
      }),
    ).toEqual([])
  }

  async submitted(count: number, from = 0, what = (n: number) => flag(n)): Promise<ApprovalRequest[]> {
    const all: ApprovalRequest[] = []
    for (let n = from; n < from + count; n++) all.push(await this.world.submitted(what(n)))
    return all
  }

  /** Submits and draws this many waiting requests. */
  async waiting(count: number, what = (n: number) => flag(n)): Promise<ApprovalRequest[]> {
    const all = await this.submitted(count, 0, what)
    await this.draw(...all.map(({ ask }) => ask.id))
    return all
  }

  /** The recorded clicks. Each may be carried out repeatedly. */
  clicks(): readonly string[] {
    return this.world.requests.onceKeys('CLICK#')
  }

  get messages(): readonly SlackCard[] {
    return this.board.messages(channel)
  }

  /** The card of the burst drawn last. */
  get card(): SlackCard {
    const card = this.messages.findLast(({ text }) => text.includes('alike'))
    if (!card) throw new Error('no burst is drawn')
    return card
  }

  button(action_id: string, card = this.card): JsonObject | undefined {
    return elementsOf(card).find((each) => each['action_id'] === action_id)
  }

  async click(user: string, action_id: string, card = this.card): Promise<string | undefined> {
    const button = this.button(action_id, card)
    if (!button) throw new Error(`there is no ${action_id}`)
    this.#clicked += 1
    const click = clickOf(
      user,
      { action_id, value: String(button['value']), block_id: 'decide' },
      { trigger_id: `b${this.#clicked}` },
    )
    await this.door.send(signed(formOf(click), this.world.clock.now()))
    return this.door.told.at(-1)?.text
  }
  #clicked = 0

  /** Carries out the clicks, and redraws the cards. */
  async carryOut(): Promise<void> {
    for (const click of this.clicks()) await decideBurst(click, { ...this.world.ports, draws: this.draws })
    await this.drawBursts()
  }

  async states(all: readonly ApprovalRequest[]): Promise<ApprovalRequest[]> {
    return Promise.all(all.map(({ ask }) => this.world.state(ask.id)))
  }
}

const elementsOf = ({ blocks }: SlackCard): JsonObject[] =>
  blocks.filter(({ type }) => type === 'actions').flatMap(({ elements }) => elements as JsonObject[])
/** The lines of the list. */
function listOf({ blocks }: SlackCard): string[] {
  const block = blocks.find(({ block_id }) => block_id === 'list') as
    | { elements: { elements: { text: string }[] }[] }
    | undefined
  return (block?.elements[1]?.elements ?? [])
    .map(({ text }) => text)
    .join('')
    .split('\n')
}
const textsOf = (card: SlackCard): string => JSON.stringify(card.blocks)

let burst: Bursting
beforeEach(() => {
  burst = new Bursting()
})

test("many alike up to the ladder's limit have a card each", async () => {
  await burst.waiting(5)
  expect(burst.messages).toHaveLength(5)
  expect(burst.messages.some(({ text }) => text.includes('alike'))).toBe(false)
})

test('many alike at once are one card, with a line for each', async () => {
  const all = await burst.waiting(50)
  expect(burst.messages).toHaveLength(1)
  const lines = all.map(({ ask }, index) => `${index + 1}  flag = ${JSON.stringify(ask.arguments['flag'])}`)
  expect(listOf(burst.card)).toEqual(lines)
  expect(complaintsOf(burst.card)).toEqual([])
  expect(sizeOf(burst.card)).toBeLessThanOrEqual(largestCard)
  expect(burst.button(approveAll)).toMatchObject({ text: { text: 'Approve all 50' } })
})

test('many alike with earlier cards of their own keep these, and are listed too', async () => {
  const first = await burst.waiting(5)
  const more = await burst.submitted(3, 5)
  await burst.draw(...more.map(({ ask }) => ask.id))
  expect(burst.messages).toHaveLength(6)
  expect(burst.button(approveAll)).toMatchObject({ text: { text: 'Approve all 8' } })
  await burst.world.decide(first[0] as ApprovalRequest, 'ben')
  await burst.draw((first[0] as ApprovalRequest).ask.id)
  expect(burst.button(approveAll)).toMatchObject({ text: { text: 'Approve all 7' } })
})

test('requests that differ in agent, action or environment are not alike', async () => {
  await burst.submitted(4)
  const others = [
    await burst.world.submitted({ ...flag(90), agent: agent('builder'), purpose: 'release' }),
    await burst.world.submitted(parameter('/prod/checkout/one')),
  ]
  await burst.draw(...others.map(({ ask }) => ask.id))
  expect(burst.messages.some(({ text }) => text.includes('alike'))).toBe(false)
})

test('the card of a burst drops withdrawn, expired and decided requests', async () => {
  const all = await burst.waiting(8)
  const [one, two] = all as [ApprovalRequest, ApprovalRequest]
  await cancelRequest({ id: one.ask.id, agent: agent('remediator') }, burst.world.ports)
  await burst.world.decide(two, 'ben', 'deny')
  await burst.draw(one.ask.id, two.ask.id)
  expect(burst.messages).toHaveLength(1)
  expect(burst.card.text).toMatch(/^6 alike wait for owner/)
})

test('the card of a burst has the present value of each, or that its reading failed', async () => {
  const read = (state: ApprovalRequest, value: boolean): ApprovalRequest => ({
    ...state,
    preview: { ...previewOf(state), before: { value }, after: { value: false } },
  })
  const [one, two, three] = await burst.submitted(3)
  if (!one || !two || !three) throw new Error('three were asked for')
  const failed = { outcome: 'failed', why: 'denied', observedAt: one.submittedAt } as const
  const members = [read(one, true), read(two, false), { ...three, preview: failed }]
  const kind = burstOf(one, 'hotwork-approvals')
  if (!kind) throw new Error('no kind')
  const { card } = renderBurst({ kind, generation: 1, members }, burst.world.policy.bundle)
  const texts = textsOf(card).replaceAll('\\"', '"')
  expect(texts).toContain('flag = "checkout-0"   value now = true')
  expect(texts).toContain('flag = "checkout-1"   (now) = it is so already')
  expect(texts).toContain('flag = "checkout-2"   (now) = could not be read')
})

test("the last request without a card of its own has its buttons, id and digest on the burst's card", async () => {
  const all = await burst.waiting(7)
  const left = all.at(-1) as ApprovalRequest
  for (const { ask } of all.slice(0, -1))
    await cancelRequest({ id: ask.id, agent: agent('remediator') }, burst.world.ports)
  await burst.draw(...all.slice(0, -1).map(({ ask }) => ask.id))
  const card = burst.messages.at(-1) as SlackCard
  expect(textsOf(card)).toContain(`Request ${left.ask.id}   Digest ${left.ask.digest.slice(0, 24)}`)
  await burst.click('U0BEN', 'approve', card)
  expect(await burst.world.state(left.ask.id)).toMatchObject({ status: 'approved' })
  await burst.draw(left.ask.id)
  expect(burst.card.text).toMatch(/^None of 7 alike waits/)
})

test('a request submitted while its burst is withdrawn, and drawn afterwards, can be decided', async () => {
  const all = await burst.waiting(6)
  // Its place is found while the others wait, and the burst's card is drawn when they no longer do.
  const late = await burst.world.submitted(flag(50))
  await burst.place(late.ask.id)
  for (const { ask } of all) await cancelRequest({ id: ask.id, agent: agent('remediator') }, burst.world.ports)
  await burst.draw(...all.map(({ ask }) => ask.id))
  const card = burst.messages.findLast((each) => each.text.includes(late.ask.id)) as SlackCard
  expect(['approve', 'deny'].map((id) => burst.button(id, card) !== undefined)).toEqual([true, true])
})

test('a full card is followed by another', async () => {
  await burst.waiting(53)
  expect(burst.messages.map(({ text }) => text.split('.')[0])).toEqual([
    '50 alike wait for owner',
    '3 alike wait for owner',
  ])
})

test('a decided burst is followed by the next', async () => {
  const all = await burst.waiting(6)
  for (const each of all) await burst.world.decide(each, 'ben', 'deny')
  await burst.draw(...all.map(({ ask }) => ask.id))
  const more = await burst.submitted(6, 20)
  await burst.draw(...more.map(({ ask }) => ask.id))
  expect(burst.messages.map(({ text }) => text.split('.')[0])).toEqual([
    'None of 6 alike waits',
    '6 alike wait for owner',
  ])
})

test('many alike are listed with all their differences, as far as the card has room', async () => {
  const long = (n: number) => flag(n, `${'x'.repeat(100)}${n}`)
  await burst.waiting(50, long)
  expect(sizeOf(burst.card)).toBeLessThanOrEqual(largestCard)
  const listed = listOf(burst.card).length
  expect(burst.button(approveAll)).toMatchObject({ text: { text: `Approve all ${listed}` } })
  expect(listed).toBeGreaterThan(20)
  expect(listed).toBeLessThan(50)
  expect(textsOf(burst.card)).toContain(`${50 - listed} more are listed`)
})

test('many alike that are too long to show whole can only be denied together', async () => {
  await burst.waiting(6, (n) => flag(n, `${'x'.repeat(240)}${n}`))
  expect(burst.button(approveAll)).toBeUndefined()
  expect(burst.button(denyAll)).toBeDefined()
  // A forged click of the missing button fails as well.
  const value = String(burst.button(denyAll)?.['value'])
  const forged = clickOf('U0BEN', { action_id: approveAll, value, block_id: 'decide' }, { trigger_id: 'forged' })
  await burst.door.send(signed(formOf(forged), burst.world.clock.now()))
  expect(burst.door.told.at(-1)?.text).toMatch(refusals.not_shown_in_full.so)
  expect(burst.clicks()).toEqual([])
})

test('many alike that need two people are decided one by one', async () => {
  await burst.waiting(6, (n) => parameter(`/prod/checkout/setting-${n}`))
  expect(burst.card.text).toMatch(/^6 alike wait for owner/)
  expect([burst.button(approveAll), burst.button(denyAll)]).toEqual([undefined, undefined])
})

test('a click for all approves fifty, each by its own entry on its own record, and the card says so', async () => {
  const all = await burst.waiting(50)
  expect(await burst.click('U0BEN', approveAll)).toMatch(/^Your 50 approvals are accepted/)
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state).toMatchObject({ status: 'approved' })
  for (const { ask } of all) {
    const entries = await burst.world.ledger.entries(ask.id)
    const decided = entries.filter(({ type }) => type === 'Decided')
    expect(decided).toMatchObject([
      { actor: { id: 'person:ben' }, facts: { through: 'chat', burst: expect.stringMatching(/^sha-256:/) } },
    ])
    expect(verify(ask.id, entries)).toEqual({ state: await burst.world.state(ask.id) })
  }
  await burst.draw(...all.map(({ ask }) => ask.id))
  expect(burst.card.text).toMatch(/^None of 50 alike waits/)
  expect(textsOf(burst.card)).toContain('50 approved with one click by')
  expect(burst.messages).toHaveLength(1)
})

test('a click for all can deny', async () => {
  const all = await burst.waiting(7)
  expect(await burst.click('U0BEN', denyAll)).toMatch(/^Your 7 denials are accepted/)
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state).toMatchObject({ status: 'denied', deniedBy: 'person:ben' })
})

test('a click for all leaves out requests submitted after the list', async () => {
  const all = await burst.waiting(6)
  const old = burst.card
  await burst.click('U0BEN', approveAll, old)
  const late = await burst.world.submitted(flag(99))
  await burst.draw(late.ask.id)
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state.status).toBe('approved')
  expect(await burst.world.state(late.ask.id)).toMatchObject({ status: 'pending' })
})

test('a click for all on a changed list decides nothing, and says so', async () => {
  const all = await burst.waiting(6)
  const old = burst.card
  await burst.draw((await burst.world.submitted(flag(99))).ask.id)
  expect(await burst.click('U0BEN', approveAll, old)).toMatch(/^The list has changed/)
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state.status).toBe('pending')
  expect((await burst.world.ledger.entries('person:ben')).map(({ facts }) => facts['code'])).toEqual(['stale_digest'])
})

test('a click for all by a person without the right is refused on the first record, and touches no other', async () => {
  const all = await burst.waiting(6)
  expect(await burst.click('U0EVE', approveAll)).toMatch(refusals.not_eligible.so)
  expect(burst.clicks()).toEqual([])
  const refused = await Promise.all(
    all.map(async ({ ask }) => (await burst.world.story(ask.id)).filter((type) => type === 'Refused').length),
  )
  expect(refused).toEqual([1, 0, 0, 0, 0, 0])
})

test("a click for all by the agent's owner is refused", async () => {
  await burst.waiting(6)
  expect(await burst.click('U0DAN', approveAll)).toMatch(/^You answer for an agent in this request/)
})

test('a click for all delivered three times and carried out three times decides each once', async () => {
  const all = await burst.waiting(6)
  const value = String(burst.button(approveAll)?.['value'])
  const click = signed(
    formOf(clickOf('U0BEN', { action_id: approveAll, value, block_id: 'decide' })),
    burst.world.clock.now(),
  )
  await Promise.all([1, 2, 3].map(() => burst.door.send(click)))
  const clicks = burst.clicks()
  expect(clicks).toHaveLength(1)
  for (let n = 0; n < 3; n++)
    for (const key of clicks) await decideBurst(key, { ...burst.world.ports, draws: burst.draws })
  for (const { ask } of all) {
    const story = await burst.world.story(ask.id)
    expect([story.filter((type) => type === 'Decided').length, story.includes('Refused')]).toEqual([1, false])
  }
})

test('a click for all reports the requests that could not be decided, with the reason', async () => {
  const all = await burst.waiting(6)
  await burst.click('U0BEN', approveAll)
  const [one] = all as [ApprovalRequest]
  await cancelRequest({ id: one.ask.id, agent: agent('remediator') }, burst.world.ports)
  await burst.carryOut()
  expect(textsOf(burst.card)).toContain('5 approved with one click by')
  expect(textsOf(burst.card)).toContain('already settled, it is withdrawn')
})

describe('a click for all under a changed resource', () => {
  const twoStages = (): Bundle => {
    const tiers = bundle.ladder.tiers.map((each) => {
      const sre = bundle.ladder.tiers[2]?.stages[1]
      return each.tier === 1 && sre ? { ...each, stages: [...each.stages, sre] } : each
    })
    return { ...bundle, ladder: { ...bundle.ladder, tiers } }
  }
  const reads = (count: number) => {
    burst.world.reader.preview('flags:set')
    for (let n = 0; n < count; n++) burst.world.reader.set(`prod/checkout-${n}`, { value: true })
  }

  test('a click for all decides the others, and reports the changed one', async () => {
    burst = new Bursting(twoStages())
    reads(6)
    const all = await burst.waiting(6)
    burst.world.reader.set('prod/checkout-3', { value: 'another' })
    await burst.click('U0BEN', approveAll)
    await burst.carryOut()
    const states = await burst.states(all)
    expect(states.map(({ round, stages }) => [round, stages[0]?.decisions.length])).toEqual(
      all.map((_, n) => (n === 3 ? [2, 0] : [1, 1])),
    )
    expect(burst.messages.map(textsOf).join()).toContain('state changed, it is pending')
  })

  test('an approval of the list does not count for the next round of a changed request', async () => {
    burst = new Bursting(twoStages())
    reads(6)
    const all = await burst.waiting(6)
    await burst.click('U0BEN', approveAll)
    burst.world.reader.set('prod/checkout-3', { value: 'another' })
    const [, , , changed] = all as [ApprovalRequest, ApprovalRequest, ApprovalRequest, ApprovalRequest]
    expect(await burst.world.decide(changed, 'ana')).toMatchObject({ code: 'state_changed' })
    await burst.carryOut()
    expect(await burst.world.state(changed.ask.id)).toMatchObject({ round: 2, stages: [{ decisions: [] }, {}] })
  })

  test('a click for all reads no state at a single stage, because each claim reads it', async () => {
    reads(6)
    const all = await burst.waiting(6)
    const before = burst.world.reader.asked.length
    burst.world.reader.set('prod/checkout-3', { value: 'another' })
    await burst.click('U0BEN', approveAll)
    await burst.carryOut()
    expect(burst.world.reader.asked).toHaveLength(before)
    const [first, , , changed] = (await burst.states(all)) as [ApprovalRequest, 0, 0, ApprovalRequest]
    expect(await burst.world.issueToken(changed)).toMatchObject({ code: 'state_changed' })
    expect(await burst.world.issueToken(first)).toMatchObject({ ok: true })
  })
})

test('a click for all by a person halted meanwhile approves nothing, even if the halt is lifted first', async () => {
  const all = await burst.waiting(6)
  await burst.click('U0BEN', approveAll)
  const { requests, ledger, ports, clock } = burst.world
  const halting = { ...ports, halts: new MemoryHaltStore(requests, ledger), targetRoles: [] }
  const target = { kind: 'person', value: person('ben') } as const
  clock.advance(1)
  const halt = await declareHalt({ target, reason: 'a stolen phone', person: person('gus') }, halting)
  if (!halt.ok) throw new Error(halt.code)
  clock.advance(1)
  expect(await liftHalt({ id: halt.value.id, person: person('hana') }, halting)).toMatchObject({ ok: true })
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state.status).toBe('pending')
  expect(textsOf(burst.card)).toContain('0 approved with one click by')
})

test('a click for all carried out too late decides nothing', async () => {
  const all = await burst.waiting(6)
  await burst.click('U0BEN', approveAll)
  burst.world.clock.advance(901)
  await burst.carryOut()
  for (const state of await burst.states(all)) expect(state.status).toBe('pending')
  expect(textsOf(burst.card)).toContain('0 approved with one click by')
})

test('a click that is not on record is a fault', async () => {
  await expect(decideBurst('CLICK#forged', { ...burst.world.ports, draws: burst.draws })).rejects.toThrow('no click')
})

test('a click for all above tier 1 is refused by the rule itself', async () => {
  const request = await burst.world.submitted(parameter('/prod/checkout/one'))
  const list = `sha-256:${'a'.repeat(43)}` as never
  expect(await burst.world.decide(request, 'ben', 'approve', { burst: list })).toMatchObject({
    ok: false,
    code: 'not_in_bulk',
  })
  expect(await burst.world.decide(request, 'ben', 'deny', { burst: list })).toMatchObject({
    ok: false,
    code: 'not_in_bulk',
  })
  expect(await burst.world.state(request.ask.id)).toMatchObject({ status: 'pending' })
})

test('a click for all denies requests about which people wrote to the agent, and approves none of them', async () => {
  const [first, second] = await burst.submitted(2)
  if (!first || !second) throw new Error('two requests wait')
  await burst.world.decide(first, 'ben', 'revise', { toAgent: 'one at a time' })
  const list = `sha-256:${'a'.repeat(43)}` as never
  const next = await burst.world.submitted(flag(9))
  expect(next.ask.told).toHaveLength(1)
  expect(await burst.world.decide(next, 'chloe', 'approve', { burst: list })).toMatchObject({ code: 'not_in_bulk' })
  expect(await burst.world.decide(second, 'chloe', 'approve', { burst: list })).toMatchObject({ ok: true })
  expect(await burst.world.decide(next, 'chloe', 'deny', { burst: list })).toMatchObject({ ok: true })
})

test('a click for all approves nothing in a tier that asks for the name of the resource, and still denies', async () => {
  const named = withTerms(bundle, 'owner', { typeTheName: true })
  const world = new World(named)
  const one = await world.submitted(flag(1))
  const kind = burstOf(one, 'hotwork-approvals')
  if (!kind) throw new Error('it is of no burst')
  const { card } = renderBurst({ kind, generation: 1, members: [one] }, named)
  expect(elementsOf(card).map((each) => each['action_id'])).not.toContain(approveAll)
  const list = `sha-256:${'a'.repeat(43)}` as never
  const approving = { burst: list, typed: one.ask.resource.id.split('/').at(-1) ?? '' }
  expect(await world.decide(one, 'ben', 'approve', approving)).toMatchObject({ code: 'not_in_bulk' })
  expect(await world.decide(one, 'ben', 'deny', { burst: list })).toMatchObject({ ok: true })
})

test('a click for all of a plan is refused by the rule itself, and no button offers it, since a line shows no step', async () => {
  const plan = (n: number): What => ({
    agent: agent('planner'),
    action: 'plan',
    arguments: { steps: [{ agent: 'agent:remediator', action: 'flags:set', arguments: flag(n).arguments }] },
    resource: { type: 'plan', id: 'INC-1042' },
  })
  const all = await burst.submitted(2, 0, plan)
  expect(all.map(({ tier }) => tier)).toEqual([1, 1])
  const kind = burstOf(all[0] as ApprovalRequest, 'hotwork-approvals')
  if (!kind) throw new Error('it is of no burst')
  const { card } = renderBurst({ kind, generation: 1, members: all }, bundle)
  expect(elementsOf(card).map((each) => each['action_id'])).not.toContain(approveAll)
  const list = `sha-256:${'a'.repeat(43)}` as never
  expect(await burst.world.decide(all[0] as ApprovalRequest, 'ben', 'approve', { burst: list })).toMatchObject({
    code: 'not_in_bulk',
  })
})

test('a click for all with a foreign value is told so', async () => {
  await burst.waiting(6)
  const click = clickOf('U0BEN', { action_id: approveAll, value: '{"b":"x"}', block_id: 'decide' })
  await burst.door.send(signed(formOf(click), burst.world.clock.now()))
  expect(burst.door.told.at(-1)?.text).toMatch(/^That button is not Hotwork’s/)
})

test('a request of the list is opened on its page', async () => {
  const all = await burst.waiting(6)
  const menu = burst.button('open_one')
  const options = (menu?.['options'] ?? []) as JsonObject[]
  expect(options.map(({ value }) => `req_${value}`)).toEqual(all.map(({ ask }) => ask.id))
  const [one] = all as [ApprovalRequest]
  const action = {
    type: 'static_select',
    action_id: 'open_one',
    block_id: 'open',
    selected_option: { text: { type: 'plain_text', text: '1' }, value: one.ask.id.slice(4) },
    action_ts: '1',
  }
  const click = { ...clickOf('U0BEN', { action_id: 'open_one', value: '', block_id: 'open' }), actions: [action] }
  await burst.door.send(signed(formOf(click), burst.world.clock.now()))
  expect(burst.door.told.at(-1)?.text).toContain(`/decide/${one.ask.id}`)
})

test('a list with hostile texts has one line for each, without hidden or reordering characters', async () => {
  const [sample] = await burst.submitted(1)
  if (!sample) throw new Error('nothing was submitted')
  const kind = burstOf(sample, 'hotwork-approvals')
  if (!kind) throw new Error('it does not wait')
  const written = corpus.filter((text) => text.length < 5_000)
  for (let from = 0; from < written.length; from += 20) {
    const members = written.slice(from, from + 20).map((text, index) => ({
      ...sample,
      ask: {
        ...sample.ask,
        id: `req_${String(from + index).padStart(26, '0')}` as RequestId,
        arguments: { ...sample.ask.arguments, value: text },
        parentTask: { id: text },
        purpose: text,
      },
    }))
    const { card, shown } = renderBurst({ kind, generation: 1, members }, bundle)
    expect(complaintsOf(card)).toEqual([])
    expect(listOf(card)).toHaveLength(shown.length)
    expect(wordsOf(card.blocks)).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/)
  }
})
