import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashOfBundle } from '../../../functions/domain/policy/bundle.ts'
import { CurrentPolicy } from '../../../functions/operations/agents/current-policy.ts'
import { keepBundle } from '../../../functions/operations/policy/keep-bundle.ts'
import { askedOnce } from '../../support/policies/asked-once.ts'
import { root } from '../../support/repository.ts'
import { prodParameter, sampleBundle } from '../../support/world.ts'
import { useScene } from '../support/scene.ts'

/** `hotwork policy explain`: why a recorded request needs its tier, under the policies that decided. */

const scene = useScene()
const bundle = sampleBundle()
const only = { only: 'permit (principal, action, resource) when { context.approval.tier >= 3 };' }
const { hash: _, ...content } = { ...bundle, policies: { ...bundle.policies, 'ssm:PutParameter': only } }
const later = { ...content, hash: hashOfBundle(JSON.parse(JSON.stringify(content))) }

const hana = () => {
  const at = scene.at('hana')
  at.program = join(root, 'client/hotwork.ts')
  return at
}
/** A request under the sample, before other policies came into force. */
async function submitted(): Promise<string> {
  const { world } = scene.api
  const { ask } = await world.submitted(prodParameter)
  world.policy = new CurrentPolicy(askedOnce(later), world)
  return ask.id
}
const keep = () => {
  const { world } = scene.api
  return keepBundle(bundle, { ...world.ports, bundles: world.bundles })
}

test('a request is explained under the bundle by which it was asked for, even if another is in force', async () => {
  await keep()
  const id = await submitted()
  const { exit, out } = await hana().type('policy', 'explain', id)
  expect({ exit, out }).toEqual({
    exit: 0,
    out: expect.stringMatching(
      `^${id}, tier 2; under ${bundle.hash}:\n\nPermitted at tier 2:\n {2}- prod-remediation: `,
    ),
  })
})

test('a request with --under is explained under other policies', async () => {
  const id = await submitted()
  const at = hana()
  writeFileSync(join(at.home, 'later.json'), JSON.stringify(later))
  const { exit, body } = await at.json('policy', 'explain', id, '--under', 'later.json')
  expect({ exit, body }).toMatchObject({
    exit: 0,
    body: { request: id, tier: 2, bundle: later.hash, explanation: [{ explanation: { tier: 3 } }] },
  })
})

test('a request that was asked for under a bundle that was never kept is not explained', async () => {
  const { exit, err } = await hana().type('policy', 'explain', await submitted())
  expect([exit, err]).toEqual([2, expect.stringMatching(/No bundle of this hash was kept/)])
})
