import type { Ask } from '../../../../examples/remediator/wire.ts'
import { askFor, describeTask } from '../asking.ts'
import { findBreak } from '../chain.ts'
import type { Person } from '../person.ts'
import { finding, until } from '../report.ts'
import type { World } from '../world.ts'
import { headOf } from './requests.ts'

/** Slack answers nothing but errors for a while: people decide elsewhere, and the card is right in the end. */
export async function tellSlackDown(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:remediator')
  await desk.breakSlack(500)
  let isDown = true
  const mend = async () => {
    if (isDown) await desk.breakSlack(0)
    isDown = false
  }
  try {
    const id = await report.expect('the agent asks while Slack is down, and its request waits as always', async () => {
      const task = await askFor(agent, world.example('prod-payment-timeout'))
      return finding(task.task.status === 'pending', describeTask(task), task.task.id)
    })
    await report.expect('Ben and Eve decide through the API meanwhile', async () => {
      await person('person:ben').decide(await world.reader.request(id), 'approve')
      const { status, stages } = await person('person:eve').decide(await world.reader.request(id), 'approve')
      const who = stages.flatMap(({ name, decisions }) => decisions.map((each) => `${each.person} for ${name}`))
      return finding(status === 'approved', `${status} by ${who.join(' and ')}`)
    })
    await report.expect('the agent claims its credential and is done, with no card anywhere', async () => {
      await agent.awsCredentials((await agent.exchangeToken(id)).access_token)
      const { hotwork } = await agent.complete(id, 'succeeded', 'done while Slack was down')
      const cards = await desk.cardsThatSay(id)
      return finding(hotwork.grant?.status === 'completed' && cards.length === 0, `${cards.length} cards`)
    })
    await report.expect('Slack is back: the card comes by itself, as the request is now', async () => {
      const began = Date.now()
      await mend()
      const card = await desk.untilCard(id, ({ says }) => says.includes('Completed'))
      report.latency('Slack back to card', Date.now() - began)
      return finding(card.buttons.length === 0, `${headOf(card)}; buttons: ${card.buttons.join(', ') || 'none'}`)
    })
    await report.expect('it is posted once, not once for each change that was missed', async () => {
      const cards = await desk.cardsThatSay(id)
      return finding(cards.length === 1, `${cards.length} card of ${id}`)
    })
  } finally {
    await mend()
  }
}

const many = 50
/** So many are sent at once. More would only start more Lambdas here, each of which loads for a while. */
const width = 5

/** Fifty alike cost one human decision, and are fifty on the record. */
export async function tellBurst(world: World): Promise<void> {
  const { report, desk, person } = world
  const agent = await world.agent('agent:builder')
  const ben = person('person:ben')

  const ids = await report.expect(`a build bot asks to set ${many} flags in prod, each by itself`, async () => {
    const tasks = await inTurns(many, async (index) => askFor(agent, flagAsk(world, index)))
    const waiting = tasks.filter(({ task, hotwork }) => task.status === 'pending' && hotwork.tier === 1)
    return finding(
      waiting.length === many,
      `${waiting.length} wait, each at tier 1`,
      tasks.map(({ task }) => task.id),
    )
  })
  const card = await report.expect(
    'they are on one card, with a line for each and all that each would do',
    async () => {
      const card = await until(async () => (await desk.cardsThatSay(`${many} alike wait for owner`)).find(listsAll), {
        withinMilliseconds: 30_000,
        what: `a card with all ${many} and a button for all`,
      })
      const others = (await desk.cardsThatSay('flags:set')).length - 1
      return finding(
        true,
        `"${many} alike wait for owner", ${card.buttons.join(', ')}; ${others} cards beside it`,
        card,
      )
    },
  )
  await report.expect('Lena owns the agent: her press approves none of them', async () => {
    const { slackUserId } = person('person:lena')
    const before = (await desk.toldTo(slackUserId)).length
    await desk.click(card, 'approve_all', slackUserId)
    const { text } = await desk.untilTold(slackUserId, before)
    const [still] = await desk.cardsThatSay(`${many} alike wait for owner`)
    const { status } = await world.reader.request(ids[0] as string)
    return finding(still?.ts === card.ts && status === 'pending', `told: "${text}"; ${many} still wait`)
  })
  const pressedAt = await report.expect('Ben, an owner, reads it and presses once', async () => {
    const press = async () => {
      const before = (await desk.toldTo(ben.slackUserId)).length
      const { status, clickedAt } = await desk.click(card, 'approve_all', ben.slackUserId)
      return { status, clickedAt, text: (await desk.untilTold(ben.slackUserId, before)).text }
    }
    const first = await press()
    // The card may be drawn anew while he reads it. He is told so, and reads and presses again.
    const { status, clickedAt, text } = /press again/.test(first.text) ? await press() : first
    return finding(status === 200 && text.startsWith(`Your ${many} approvals`), `${status}; told: "${text}"`, clickedAt)
  })
  await report.expect(`all ${many} are approved, and the card says so`, async () => {
    const done = await until(
      async () => (await desk.cardsThatSay(`${many} approved with one press by Ben`)).find(({ ts }) => ts === card.ts),
      { withinMilliseconds: 40_000, what: `the card says that ${many} were approved` },
    )
    report.latency(`one press to ${many} approved`, Date.now() - pressedAt)
    const approved = await countOf(world.reader, ids, 'approved')
    return finding(approved === many && done.buttons.length === 0, `${approved} of ${many} are approved`)
  })
  await report.expect('each has its own entry, with Ben, its own digest and the list that he was shown', async () => {
    const ledgers = await inTurns(many, async (index) => {
      const entries = await world.reader.ledger(ids[index] as string)
      const decided = entries.filter(({ type }) => type === 'Decided')
      const list = decided[0]?.actor.id === ben.id ? decided[0].facts['burst'] : undefined
      return { list, whole: decided.length === 1 && findBreak(ids[index] as string, entries) === undefined }
    })
    const lists = new Set(ledgers.map(({ list }) => list))
    const whole = ledgers.filter((each) => each.whole && each.list !== undefined).length
    return finding(whole === many && lists.size === 1, `${whole} ledgers hold; list ${[...lists].join(', ')}`)
  })
}

const listsAll = ({ says, buttons }: { says: string; buttons: string[] }): boolean =>
  buttons.includes('approve_all') && says.includes(`${many}  `)

function flagAsk({ example }: World, index: number): Ask {
  const ask = example('prod-express-checkout-flag')
  const flag = `checkout-${index + 1}`
  return {
    ...ask,
    action: { ...ask.action, properties: { environment: 'prod', flag, value: false } },
    resource: { ...ask.resource, id: `prod/${flag}` },
  }
}

async function countOf(reader: Person, ids: readonly string[], status: string): Promise<number> {
  const states = await inTurns(ids.length, (index) => reader.request(ids[index] as string))
  return states.filter((state) => state.status === status).length
}

/** Does it for each number below `count`, a few at a time, and gives what came of it in that order. */
async function inTurns<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) made[index] = await work(index)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return made
}
