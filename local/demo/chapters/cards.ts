import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { askFor, describeTask, withArguments } from '../asking.ts'
import { findBreak } from '../chain.ts'
import type { Card } from '../desk-client.ts'
import { approvedRequest, closedCard, finding, until } from '../findings.ts'
import type { World } from '../world.ts'

export async function tellSlackDown(world: World): Promise<void> {
  const { report, desk, person, reader } = world
  const agent = await world.agent('agent:remediator')
  await desk.breakSlack(500)
  try {
    const id = await report.expect('the agent asks while Slack is down, and its request waits as always', async () => {
      const task = await askFor(agent, world.example('prod-payment-timeout'))
      return finding(task.task.status === 'pending', describeTask(task), task.task.id)
    })
    await report.expect('Ben and Eve decide through the API meanwhile', async () => {
      await person('person:ben').approve(await reader.request(id))
      return approvedRequest(await person('person:eve').approve(await reader.request(id)))
    })
    await report.expect('the agent claims its credential and is done, with no card in Slack', async () => {
      await agent.awsCredentials((await agent.exchangeToken(id)).access_token)
      const { hotwork } = await agent.complete(id, 'succeeded', 'done while Slack was down')
      const cards = await desk.cardsThatSay(id)
      return finding(hotwork.grant?.status === 'completed' && cards.length === 0, `${cards.length} cards`)
    })
    await report.expect('Slack is back: the card comes by itself, as the request is now', async () => {
      const began = Date.now()
      await desk.breakSlack(0)
      const closed = await closedCard(world, id, 'Completed')
      report.latency('Slack back to card', Date.now() - began)
      return closed
    })
    await report.expect('it is posted once, not once for each change that was missed', async () => {
      const cards = await desk.cardsThatSay(id)
      return finding(cards.length === 1, `${cards.length} card of ${id}`)
    })
  } finally {
    await desk.breakSlack(0)
  }
}

const many = 50
/** Sent at once. More would only start more Lambdas here, each of which loads for a while. */
const width = 5

export async function tellBurst(world: World): Promise<void> {
  const { report, desk, person, reader } = world
  const agent = await world.agent('agent:builder')
  const ben = person('person:ben')
  const waiting = `${many} alike wait for owner`
  const flags = Array.from({ length: many }, (_, index) => `checkout-${index + 1}`)

  const ids = await report.expect(`a build bot asks to set ${many} flags in prod, each by itself`, async () => {
    const tasks = await inTurns(flags, (flag) => askFor(agent, flagAsk(world, flag)))
    const pending = tasks.filter(({ task, hotwork }) => task.status === 'pending' && hotwork.tier === 1).length
    const ids = tasks.map(({ task }) => task.id)
    return finding(pending === many, `${pending} wait, each at tier 1`, ids)
  })
  const card = await report.expect('they are on one card, with a line for each', async () => {
    const look = async () => (await desk.cardsThatSay(waiting)).find(listsAll)
    const card = await until(look, { withinSeconds: 30, what: `a card with all ${many} and a button for all` })
    const others = (await desk.cardsThatSay('flags:set')).length - 1
    return finding(true, `"${waiting}", ${card.buttons.join(', ')}; ${others} cards beside it`, card)
  })
  await report.expect('Lena owns the agent: her click approves none of them', async () => {
    const { told } = await desk.clickAndRead(card, 'approve_all', person('person:lena').slackUserId)
    const [still] = await desk.cardsThatSay(waiting)
    const { status } = await reader.request(ids[0] as string)
    return finding(still?.ts === card.ts && status === 'pending', `told: "${told}"; ${many} still wait`)
  })
  const clickedAt = await report.expect('Ben, an owner, reads it and clicks once', async () => {
    const click = () => desk.clickAndRead(card, 'approve_all', ben.slackUserId)
    const first = await click()
    // The card may be drawn anew while he reads it. He is told so, and clicks again.
    const taken = `Your ${many} approvals`
    const { status, clickedAt, told } = first.told.startsWith(taken) ? first : await click()
    return finding(status === 200 && told.startsWith(taken), `${status}; told: "${told}"`, clickedAt)
  })
  await report.expect(`all ${many} are approved, and the card says so`, async () => {
    const look = async () =>
      (await desk.cardsThatSay(`${many} approved with one`)).find(
        ({ ts, buttons }) => ts === card.ts && buttons.length === 0,
      )
    const done = await until(look, { withinSeconds: 90, what: `the card says that ${many} were approved` })
    report.latency(`one click to ${many} approved`, Date.now() - clickedAt)
    const requests = await inTurns(ids, (id) => reader.request(id))
    const approved = requests.filter(({ status }) => status === 'approved').length
    return finding(approved === many && done.says.includes('Ben'), `${approved} of ${many} are approved`)
  })
  await report.expect('each has its own entry, with Ben, its own digest and the list that he was shown', async () => {
    const ledgers = await inTurns(ids, async (id) => {
      const entries = await reader.ledger(id)
      const decided = entries.filter(({ type }) => type === 'Decided')
      const list = decided[0]?.actor.id === ben.id ? decided[0].facts['burst'] : undefined
      return { list, whole: decided.length === 1 && findBreak(id, entries) === undefined }
    })
    const lists = new Set(ledgers.map(({ list }) => list))
    const whole = ledgers.filter((each) => each.whole && each.list !== undefined).length
    return finding(whole === many && lists.size === 1, `${whole} ledgers hold; list ${[...lists].join(', ')}`)
  })
}

const listsAll = ({ says, buttons }: Card): boolean => buttons.includes('approve_all') && says.includes(`${many}  `)

function flagAsk({ example }: World, flag: string): Ask {
  const ask = withArguments(example('prod-express-checkout-flag'), { flag, value: false })
  return { ...ask, resource: { ...ask.resource, id: `prod/${flag}` } }
}

/** A few at a time; what came of each in the same order. */
async function inTurns<T, R>(all: readonly T[], work: (each: T) => Promise<R>): Promise<R[]> {
  const made: R[] = []
  const left = all.entries()
  const worker = async () => {
    for (const [index, each] of left) made[index] = await work(each)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return made
}
