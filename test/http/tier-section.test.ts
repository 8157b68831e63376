import { type Bundle, hashOfBundle } from '../../functions/domain/policy/bundle.ts'
import { CurrentPolicy } from '../../functions/operations/agents/current-policy.ts'
import { keepBundle } from '../../functions/operations/policy/keep-bundle.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { repairPlan } from '../support/plan.ts'
import { askedOnce } from '../support/policies/asked-once.ts'
import { prodParameter, sampleBundle, stagingParameter, World } from '../support/world.ts'

/** The section of a request's page that explains its tier. */

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World(sampleBundle())
  tab = Tab.of(world)
  await tab.logIn('person-ana')
})

/** The text of the section. */
async function sectionOf(what: typeof prodParameter): Promise<string> {
  const { ask } = await world.submitted(what)
  return textIn((await tab.go('GET', `/decide/${ask.id}`)).body)
}
const textIn = (body: string): string =>
  (/<section aria-labelledby="why">([\s\S]*?)<\/section>/.exec(body)?.[1] ?? '')
    .replace(/<[^>]+>/g, '')
    .replace(/\s+/g, ' ')
    .trim()

test('the section has the permitting policy, and folds the reasons against a lower tier and the facts that would allow one', async () => {
  const { ask } = await world.submitted(prodParameter)
  const { body } = await tab.go('GET', `/decide/${ask.id}`)
  const text = textIn(body)
  expect(text).toMatch(/^Why tier 2 Permitted at tier 2: prod-remediation:/)
  expect(text).toContain('staging-remediation: the environment is prod, not staging')
  expect(text).toContain('it would need no approval if the environment were staging')
  expect(body).toMatch(/<details><summary>Why less is not enough/)
})

test('a request without approval is explained in a line', async () => {
  const text = await sectionOf(stagingParameter)
  expect(text).toMatch(/^Why tier 0 Permitted without approval: staging-remediation:/)
  expect(text).not.toContain('Why less')
})

test('a plan is explained step by step', async () => {
  const text = await sectionOf(repairPlan)
  for (const step of [1, 2, 3]) expect(text).toContain(`Step ${step}: tier 2`)
})

const bundle = sampleBundle()
const only = (text: string): Bundle => {
  const policies = { ...bundle.policies, 'ssm:PutParameter': { only: text } }
  return { ...bundle, policies, hash: hashOfBundle(text) }
}
const needsTier3 = only('permit (principal, action, resource) when { context.approval.tier >= 3 };')
/** Asked under the sample, and read under `next`. */
async function later(next: Bundle): Promise<string> {
  const { ask } = await world.submitted(prodParameter)
  world.policy = new CurrentPolicy(askedOnce(next), world)
  return textIn((await tab.go('GET', `/decide/${ask.id}`)).body)
}
const keep = () => keepBundle(bundle, { ...world.ports, bundles: world.bundles })

test('a request under changed policies is explained by those of its submission, with the tier of today', async () => {
  await keep()
  const text = await later(needsTier3)
  expect(text).toContain(
    'The policies have changed since it was asked for. This uses the policies in force when it was decided.',
  )
  expect(text).toContain(`hotwork policy show ${bundle.hash}`)
  expect(text).toContain('Asked for today, it would need tier 3.')
  expect(text).toContain('Permitted at tier 2: prod-remediation:')
})

test.each([
  ['a refusal today', only('forbid (principal, action, resource);')],
  ['an action outside the policies of today', { ...bundle, actions: {}, hash: hashOfBundle('none') }],
])('a request under changed policies is explained by those of its submission: %s', async (_, next) => {
  await keep()
  const text = await later(next)
  expect(text).toContain('Asked for today, it would be refused.')
  expect(text).toContain('Permitted at tier 2: prod-remediation:')
})

test('a request with the same tier under changed policies only notes the change', async () => {
  await keep()
  const text = await later({ ...bundle, hash: hashOfBundle('same') })
  expect(text).toContain('have changed since')
  expect(text).not.toContain('Asked for today')
})

test('a request whose policies were not kept is explained by those of today', async () => {
  const text = await later(needsTier3)
  expect(text).toContain('This uses the policies in force today. The policies in force then are not kept')
  expect(text).toContain('Permitted at tier 3: only')
})

test('a kept bundle with a wrong hash explains nothing, and raises an alarm', async () => {
  const { hash } = bundle
  await world.bundles.keep({ bundle: { ...JSON.parse(JSON.stringify(needsTier3)), hash }, at: world.clock.now() })
  expect(await later(needsTier3)).toContain('This uses the policies in force today.')
  expect(world.log.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'bundle_broken' }))
})
