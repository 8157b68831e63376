import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import { channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { AgentId, JsonObject } from '../../../../functions/domain/values.ts'
import type { DrawPorts } from '../../../../functions/operations/cards/channel-card.ts'
import { drawBurst } from '../../../../functions/operations/cards/draw-burst.ts'
import { drawCard } from '../../../../functions/operations/cards/draw-card.ts'
import { MemoryBurstStore } from '../../../support/cards/memory-burst-store.ts'
import { MemoryCardBoard } from '../../../support/cards/memory-card-board.ts'
import { MemoryCardStore } from '../../../support/cards/memory-card-store.ts'
import { askedOnce } from '../../../support/policies/asked-once.ts'
import { agent, flag, parameter, sampleBundle, type What, World, withTerms } from '../../../support/world.ts'
import { buttonsOf, drawPorts, headline } from './drawing.ts'

// Cards of a stage whose channel is `{owners}`: each goes to the channel of the group that owns the resource.

const ids = { 'hotwork-approvals': 'C0ALL', payments: 'C0PAY', sre: 'C0SRE', sales: 'C0SALES' }
const everywhere = Object.values(ids)

/** The sample, with channels for these groups. */
function owned(channels: Bundle['directory']['channels'], terms: object = {}): Bundle {
  const sample = withTerms(sampleBundle(), 'owner', {
    channel: '{owners}',
    fallbackChannel: 'hotwork-approvals',
    notify: { direct: ['person:chloe'] },
    ...terms,
  })
  return {
    ...sample,
    directory: { ...sample.directory, ...(channels && { channels }) },
    deployment: { ...sample.deployment, channels: ids },
  }
}
const bothTeams = { 'payments-owners': 'payments', sre: 'sre' }
const ofPayments = parameter('/prod/checkout/timeout')
const ofSre = parameter('/prod/search/timeout')

let world: World
let cards: MemoryCardStore
let board: MemoryCardBoard
const begin = (bundle = owned(bothTeams)) => {
  world = new World(bundle)
  cards = new MemoryCardStore()
  board = new MemoryCardBoard(...everywhere)
}
beforeEach(() => begin())

const draw = ({ ask }: ApprovalRequest, changes: Partial<DrawPorts> = {}) =>
  drawCard(ask.id, drawPorts(world, { cards, board }, changes))
const cardsIn = (channel: string) => {
  try {
    return board.messages(channel)
  } catch {
    return []
  }
}
/** The headlines of all cards, by the channel they are in. */
const shown = () =>
  Object.fromEntries(
    everywhere.flatMap((id) => (cardsIn(id).length > 0 ? [[id, cardsIn(id).map((card) => headline(card))]] : [])),
  )
const mayApproveIn = (channel: string) => cardsIn(channel).map((card) => buttonsOf(card).includes('approve'))
const fallenBack = () => world.log.lines.filter(({ message }) => message === 'card_fell_back')
const waitsForOwner = '🟡 Waiting for owner: 0 of 1 approved, then sre'

/** A plan of these asks, by the agent that does them. */
const plan = (...asks: readonly What[]): What => ({
  agent: agent('planner'),
  action: 'plan',
  arguments: {
    steps: asks.map(({ action, arguments: args, resource }) => ({
      ...{ agent: 'agent:remediator', action, arguments: args as JsonObject, resource },
    })),
  },
  resource: { type: 'plan', id: 'INC-1042' },
})

test('each card is in the channel of the group that owns the resource, with its buttons', async () => {
  await draw(await world.submitted(ofPayments))
  expect(shown()).toEqual({ C0PAY: [waitsForOwner], C0ALL: ['🟡 Waiting for owner: 0 of 1 approved, then sre'] })
  await draw(await world.submitted(ofSre))
  expect([cardsIn('C0PAY').length, cardsIn('C0SRE').length]).toEqual([1, 1])
  expect([...mayApproveIn('C0PAY'), ...mayApproveIn('C0SRE')]).toEqual([true, true])
})

test('a group without a channel has its cards in the fallback channel, without an alarm', async () => {
  begin(owned({ 'payments-owners': 'payments' }))
  await draw(await world.submitted(ofSre))
  expect(shown()).toEqual({ C0ALL: [waitsForOwner] })
  expect(fallenBack()).toEqual([])
})

test('the channels of a stage are those of its opening: a change of the directory moves no card', async () => {
  const request = await world.submitted(ofPayments)
  await draw(request)
  world.policy = askedOnce(owned({ ...bothTeams, 'payments-owners': 'sales' }))
  await world.decide(request, 'ben')
  await draw(request)
  expect(cardsIn('C0SALES')).toEqual([])
  expect(cardsIn('C0PAY').map((card) => headline(card))).toEqual(['🟡 Waiting for sre: 0 of 1 approved'])
})

test('a later stage has the channel that its group has when it opens', async () => {
  begin(withTerms(owned(bothTeams), 'sre', { channel: '{owners}', fallbackChannel: 'hotwork-approvals' }))
  const request = await world.submitted(ofPayments)
  await draw(request)
  expect(shown()).toEqual({ C0PAY: [waitsForOwner] })
  const later = withTerms(owned({ ...bothTeams, 'payments-owners': 'sales' }), 'sre', {
    channel: '{owners}',
    fallbackChannel: 'hotwork-approvals',
  })
  world.policy = askedOnce(later)
  await world.decide(request, 'ben')
  await draw(request)
  expect([mayApproveIn('C0PAY'), mayApproveIn('C0SALES')]).toEqual([[false], [true]])
})

test('a card stays in its channel when a person narrows and approves at once, and the stage never opens again', async () => {
  const request = await world.submitted(flag())
  await draw(request)
  await world.decide(request, 'ana', 'approve', { narrow: { minutes: 5 } })
  await draw(request)
  const { narrowings, stages } = await world.state(request.ask.id)
  expect([narrowings?.length, stages[0]?.channels]).toEqual([1, ['payments']])
  expect(shown()).toEqual({ C0PAY: ['✅ Approved, credential not collected yet'] })
})

test('a direct card has its buttons while the stage is open in channels of owners', async () => {
  const request = await world.submitted(ofPayments)
  await draw(request)
  expect(cardsIn('DU0CHLOE').map((card) => buttonsOf(card).includes('approve'))).toEqual([true])
})

describe('a plan whose steps several groups own', () => {
  const both = plan(ofPayments, ofSre)

  test('a plan of two owners has one card in each channel, each with buttons and redrawn at each change', async () => {
    begin(withTerms(owned(bothTeams), 'sre', { channel: '{owners}', fallbackChannel: 'hotwork-approvals' }))
    const request = await world.submitted(both)
    expect(request.stages[0]?.channels).toEqual(['payments', 'sre'])
    await draw(request)
    expect([cardsIn('C0PAY').length, cardsIn('C0SRE').length, cardsIn('C0ALL').length]).toEqual([1, 1, 0])
    expect([...mayApproveIn('C0PAY'), ...mayApproveIn('C0SRE')]).toEqual([true, true])
    await world.decide(request, 'ana', 'deny')
    await draw(request)
    expect([...cardsIn('C0PAY'), ...cardsIn('C0SRE')].map((card) => headline(card))).toEqual(['⛔ Denied', '⛔ Denied'])
  })

  test('a plan has one card where all groups have the same channel', async () => {
    begin(owned({ 'payments-owners': 'payments', sre: 'payments' }))
    const request = await world.submitted(both)
    expect(request.stages[0]?.channels).toEqual(['payments'])
  })

  test('a plan whose step is struck has the buttons no longer in the channel of its group', async () => {
    const request = await world.submitted(both)
    await draw(request)
    const struck = await world.decide(request, 'ana', 'approve', { narrow: { steps: [{ step: 2, strike: true }] } })
    expect(struck.ok).toBe(true)
    await draw(request)
    expect(mayApproveIn('C0SRE')).toEqual([false])
    expect(cardsIn('C0SRE').map((card) => headline(card))).toEqual(['🟡 Waiting for sre: 0 of 1 approved, narrowed'])
  })
})

describe('a channel that cannot be posted to', () => {
  test('a closed channel has its card in the fallback channel, where each redraw finds it, and one alarm says so', async () => {
    const bundle = withTerms(owned(bothTeams), 'sre', { channel: '{owners}', fallbackChannel: 'hotwork-approvals' })
    begin(bundle)
    board.archive('C0PAY')
    const request = await world.submitted(ofPayments)
    await draw(request)
    expect(shown()).toEqual({ C0ALL: [waitsForOwner] })
    expect(mayApproveIn('C0ALL')).toEqual([true])
    await world.decide(request, 'ben')
    await draw(request)
    await draw(request)
    expect(shown()).toEqual({ C0ALL: ['🟡 Waiting for sre: 0 of 1 approved'] })
    expect(fallenBack()).toEqual([
      {
        level: 'error',
        message: 'card_fell_back',
        fields: { request: request.ask.id, channel: 'payments', fallback: 'hotwork-approvals' },
      },
    ])
    expect(world.log.lines.map(({ message }) => message)).not.toContain('card_undeliverable')
  })

  test('a channel that closes later has a new card in the fallback channel', async () => {
    begin(owned(bothTeams, { fallbackChannel: 'sales' }))
    const request = await world.submitted(ofPayments)
    await draw(request)
    board.archive('C0PAY')
    await world.decide(request, 'eve', 'deny')
    await draw(request)
    expect(shown()).toMatchObject({ C0SALES: ['⛔ Denied'] })
  })

  test('two closed channels share the card of the fallback channel with a stage of that channel', async () => {
    board.archive('C0PAY')
    board.archive('C0SRE')
    const request = await world.submitted(plan(ofPayments, ofSre))
    for (let again = 0; again < 2; again++) await draw(request)
    // The stage sre is in that channel itself.
    expect(shown()).toEqual({ C0ALL: [waitsForOwner] })
    expect(mayApproveIn('C0ALL')).toEqual([true])
    expect(fallenBack().map(({ fields }) => fields?.['channel'])).toEqual(['payments', 'sre'])
  })

  test('a closed channel of one group keeps no card from the channel of another', async () => {
    board.archive('C0PAY')
    await draw(await world.submitted(plan(ofPayments, ofSre)))
    expect([mayApproveIn('C0ALL'), mayApproveIn('C0SRE')]).toEqual([[true], [true]])
  })

  test('a channel whose fallback is closed too is logged and retried', async () => {
    begin(owned(bothTeams, { fallbackChannel: 'sales' }))
    for (const id of ['C0PAY', 'C0SALES']) board.archive(id)
    const request = await world.submitted(ofPayments)
    await expect(draw(request)).rejects.toMatchObject({ name: 'CardUndeliverable' })
    expect(world.log.lines).toContainEqual({
      level: 'error',
      message: 'card_undeliverable',
      fields: { request: request.ask.id, channel: 'payments' },
    })
    expect(fallenBack()).toEqual([])
  })

  test('a channel that the deployment no longer names has its card in the fallback channel', async () => {
    const request = await world.submitted(ofPayments)
    const { payments: _, ...channels } = channelsIn(world.policy.bundle.deployment)
    await draw(request, { channels })
    expect(shown()).toEqual({ C0ALL: [waitsForOwner] })
  })

  test('a channel that a stage names falls back too, if the stage has a fallback', async () => {
    begin(owned(bothTeams, { channel: 'sales' }))
    board.archive('C0SALES')
    await draw(await world.submitted(ofPayments))
    expect(mayApproveIn('C0ALL')).toEqual([true])
  })
})

describe('a burst', () => {
  const kind = (channel: string) => ({
    ...{ agent: 'agent:remediator' as AgentId, action: 'ssm:PutParameter', environment: 'prod' },
    ...{ stage: 'owner', channel },
  })
  const drawing = (bursts: MemoryBurstStore, request: ApprovalRequest, channel: string) => {
    const { requests, clock, log } = world
    const drawn: string[][] = []
    const ports = {
      ...{ requests, bursts, boards: { slack: board }, clock, log },
      channels: channelsIn(world.policy.bundle.deployment),
      renderBurst: ({ members }: { members: readonly ApprovalRequest[] }) => {
        drawn.push(members.map(({ ask }) => ask.id))
        return { card: { text: `${members.length}`, blocks: [] }, shown: [], whole: true }
      },
    }
    const because = { requests: [request.ask.id], outcomes: [] }
    return drawBurst(kind(channel), because, ports).then(() => drawn)
  }

  test('a burst has no asks of two owners', async () => {
    const [one, other] = [await world.submitted(ofPayments), await world.submitted(ofSre)]
    expect(await drawing(new MemoryBurstStore(), one, 'payments')).toEqual([[one.ask.id]])
    expect(await drawing(new MemoryBurstStore(), other, 'sre')).toEqual([[other.ask.id]])
  })

  test('a burst of a closed channel is in the fallback channel, and stays there', async () => {
    board.archive('C0PAY')
    const bursts = new MemoryBurstStore()
    const one = await world.submitted(ofPayments)
    await drawing(bursts, one, 'payments')
    const other = await world.submitted(parameter('/prod/checkout/retries'))
    await drawing(bursts, other, 'payments')
    expect(cardsIn('C0ALL').map(({ text }) => text)).toEqual(['2'])
    expect(fallenBack().map(({ fields }) => fields)).toEqual([{ channel: 'payments', fallback: 'hotwork-approvals' }])
  })

  test('the burst after one that fell back is in its own channel, once that is open again', async () => {
    board.archive('C0PAY')
    const bursts = new MemoryBurstStore()
    const one = await world.submitted(ofPayments)
    await drawing(bursts, one, 'payments')
    await world.decide(one, 'ana', 'deny')
    board = new MemoryCardBoard(...everywhere)
    await drawing(bursts, await world.submitted(parameter('/prod/checkout/retries')), 'payments')
    expect(cardsIn('C0PAY').map(({ text }) => text)).toEqual(['1'])
  })
})
