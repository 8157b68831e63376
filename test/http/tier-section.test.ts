import { requestPage } from '../../functions/adapters/pages/request-page.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { explainRequest } from '../../functions/operations/policy/explain-tier.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { repairPlan } from '../support/plan.ts'
import { person, prodParameter, sampleBundle, stagingParameter, World } from '../support/world.ts'

/** What the page of a request says of why it needs its tier. */

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World(sampleBundle())
  tab = Tab.of(world)
  await tab.logIn('person-ana')
})

/** The section, without its markup. */
async function sectionOf(what: typeof prodParameter): Promise<string> {
  const { ask } = await world.submitted(what)
  return textIn((await tab.go('GET', `/decide/${ask.id}`)).body)
}
const textIn = (body: string): string =>
  (/<section aria-labelledby="why">([\s\S]*?)<\/section>/.exec(body)?.[1] ?? '')
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ')
    .trim()

test('it says what permits it, and folded why less is not enough and what would have to differ', async () => {
  const { ask } = await world.submitted(prodParameter)
  const { body } = await tab.go('GET', `/decide/${ask.id}`)
  const text = textIn(body)
  expect(text).toMatch(/^Why tier 2 Permitted at tier 2: prod-remediation:/)
  expect(text).toContain('staging-remediation: the environment is prod, not staging')
  expect(text).toContain('it would need no approval if the environment were staging')
  expect(body).toMatch(/<details><summary>Why less is not enough/)
})

test('what needed no approval is explained in a line, with nothing to unfold', async () => {
  const text = await sectionOf(stagingParameter)
  expect(text).toMatch(/^Why tier 0 Permitted without approval: staging-remediation:/)
  expect(text).not.toContain('Why less')
})

test('of a plan each step has its own, and the page says which needs most', async () => {
  const text = await sectionOf(repairPlan)
  for (const step of [1, 2, 3]) expect(text).toContain(`Step ${step}: tier 2`)
})

describe('where the policies have changed since', () => {
  const bundle = sampleBundle()
  const of = (
    state: Parameters<typeof explainRequest>[1],
    changes: { bundle?: string; policies?: Bundle['policies'] },
  ) => {
    const now = { ...bundle, policies: changes.policies ?? bundle.policies }
    const explained = explainRequest(new World(now).policy, state)
    return textIn(
      requestPage({
        viewed: { state, whyNot: { approve: undefined, deny: undefined } },
        bundle: now,
        reader: { name: 'Ana', csrf: 'x', person: person('ana') },
        now: world.clock.now(),
        why: { explained, bundle: changes.bundle ?? 'sha-256:today', askedUnder: 'sha-256:then' },
      }),
    )
  }

  test('it says so, and where those are by which it was asked for', async () => {
    const text = of(await world.submitted(prodParameter), {})
    expect(text).toContain('The policies have changed since it was asked for.')
    expect(text).toContain('hotwork policy show sha-256:then')
    expect(of(await world.submitted(prodParameter), { bundle: 'sha-256:then' })).not.toContain('have changed')
  })

  test('it says which tier it would need today', async () => {
    const only = { only: 'permit (principal, action, resource) when { context.approval.tier >= 3 };' }
    const policies = { ...bundle.policies, 'ssm:PutParameter': only }
    const text = of(await world.submitted(prodParameter), { policies })
    expect(text).toContain('Asked for today, it would need tier 3.')
    const none = { ...bundle.policies, 'ssm:PutParameter': {} }
    expect(of(await world.submitted(prodParameter), { policies: none })).toContain('it would be refused')
  })

  test('nothing is said of an action that policies no longer know', async () => {
    const state = await world.submitted(prodParameter)
    const explained = explainRequest(new World({ ...bundle, actions: {} }).policy, state)
    expect(explained).toEqual([])
  })
})
