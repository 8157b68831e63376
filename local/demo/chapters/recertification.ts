import { finding, refused } from '../findings.ts'
import type { World } from '../world.ts'

const librarian = 'agent:librarian'

/** An agent that no person has looked at in time does nothing, until a person who does not answer for it does so. */
export async function tellRecertification({ report, agent: agentOf, example, person }: World): Promise<void> {
  const agent = await agentOf(librarian)
  const staging = example('staging-payment-timeout')
  const ask = { ...staging, subject: { ...staging.subject, id: librarian } }
  const [security, owner] = [person('person:gus'), person('person:mia')]
  const before = await security.agent(librarian)
  if (before.status === 'active')
    report.note(`${librarian} was recertified here before, by ${before.recertification.by}`)
  else
    await report.expect('past its date the agent is refused, and no approval could help', async () => {
      const { decision, context } = await agent.evaluate(ask)
      const held = !decision && context.reason === 'agent_suspended'
      return finding(held, `${context.reason}; ${before.status} because of ${before.because}`)
    })
  await report.expect('its owner may not recertify it, though policy lets the owner’s group', () =>
    refused('403 own_recertification', () => owner.recertify(librarian, 'it is mine, and it is fine')),
  )
  await report.expect('a person who does not answer for it looks at it, and recertifies it with a reason', async () => {
    const { recertification } = await security.recertify(librarian, 'read its page: it keeps staging in order')
    const { due, by, evidence } = recertification
    return finding(by === security.id, `until ${due}, by ${by}, on the evidence ${evidence}`)
  })
  await report.expect('it works again at once, and asks one person as before', async () => {
    const { decision, context } = await agent.evaluate(ask)
    const { status } = await security.agent(librarian)
    const held = !decision && context.reason === 'approval_required' && status === 'active'
    return finding(held, `${context.reason}; ${status}`)
  })
  await report.expect('the record of the agent has who let it go on, and until when', async () => {
    const entry = (await security.chain(librarian)).findLast(({ type }) => type === 'Recertified')
    return finding(entry?.actor.id === security.id, `entry ${entry?.id} by ${entry?.actor.id}`)
  })
}
