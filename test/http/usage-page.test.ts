import { Tab } from '../support/pages/page-tab.ts'
import { usedFlag } from '../support/used-flag.ts'
import { prodParameter, World } from '../support/world.ts'

/** The page of what an agent used, with suggestions. */

async function shownTo(who: string, world: World, at = '/agents/agent:remediator/usage') {
  const tab = Tab.of(world)
  await tab.logIn(`person-${who}`, at)
  return tab.go('GET', at)
}

test('the page sums up the use of grants, shows a narrower entry with its difference, and has no form that makes it', async () => {
  const world = new World()
  await usedFlag(world)
  await world.submitted(prodParameter)
  const { status, body } = await shownTo('ana', world)
  expect(status).toBe(200)
  expect(body).toContain('2 requests')
  for (const action of ['ssm:PutParameter', 'flags:set']) expect(body).toContain(`<code>${action}</code>`)
  expect(body).toMatch(/flag: enum null → \[&quot;express-checkout&quot;\]/)
  expect(body).toMatch(/\n\+ +&quot;express-checkout&quot;/)
  expect(body.match(/<form[^>]* method="post"/g)).toHaveLength(1)
})

test('the page of an agent leads to it, and an unknown agent has none', async () => {
  const world = new World()
  await world.submitted(prodParameter)
  expect((await shownTo('ana', world, '/agents/agent:remediator')).body).toContain('/agents/agent:remediator/usage')
  expect((await shownTo('ana', world, '/agents/agent:none/usage')).status).toBe(404)
})
