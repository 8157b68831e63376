import { askApproved } from '../asking.ts'
import { finding, refused, until } from '../findings.ts'
import { freezeName, freezesAt } from '../quick-policies.ts'
import type { World } from '../world.ts'
import { addressOf, setFlag, withFlagService } from './uses.ts'

/** @param world the quick one, where flags of production are frozen at the end of each minute */
export const tellFreeze = (world: World): Promise<void> =>
  withFlagService(world, async (service) => {
    const { report, reader } = world
    const agent = await world.agent('agent:builder')
    const ask = world.example('prod-express-checkout-flag')
    const { value } = ask.action.properties
    const url = addressOf(service, ask.action)

    await untilSecond('the next minute begins', (second) => second < 10)
    const id = await report.expect('a build bot asks to set a flag in prod, and its owner approves', async () => {
      const { id, settled, found } = await askApproved(world, agent, ask)
      return finding(settled.task.status === 'approved', found, id)
    })
    const token = await report.expect('it claims the access token', async () => {
      const { access_token, expires_in } = await agent.exchangeToken(id)
      return finding(true, `for ${expires_in} s`, access_token)
    })
    // What is tried in it must come to its end in it.
    await untilSecond('the freeze begins', (second) => second >= freezesAt && second < freezesAt + 8)
    await report.expect('the freeze begins: the same token is refused, with the name and end of the freeze', () =>
      refused('403 policy_denied', () => setFlag(agent, token, url, value), new RegExp(freezeName)),
    )
    await report.expect('who asks for another is told the same, and no person is asked', async () => {
      const { decision, context } = await agent.evaluate(ask)
      const held = !decision && context.reason === 'policy_denied' && !context.access_request
      return finding(held && `${context.detail}`.includes(freezeName), `${context.reason}: ${context.detail}`)
    })
    await report.expect('nothing was ended: what was approved is still approved', async () => {
      const { status } = await reader.request(id)
      return finding(status === 'approved', status)
    })
    await untilSecond('the freeze ends', (second) => second < freezesAt)
    await report.expect('the freeze is over: the same token sets the flag', async () => {
      const { use, uses_left } = await setFlag(agent, token, url, value)
      return finding(uses_left === 0, `set as ${use}; uses left: ${uses_left}`)
    })
  })

const untilSecond = (what: string, isIn: (second: number) => boolean): Promise<true> =>
  until(async () => isIn(new Date().getUTCSeconds()) || undefined, { withinSeconds: 61, everyMilliseconds: 250, what })
