import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { sessionPolicyLimit } from '../../../functions/targets/aws/rules/session-policy.ts'
import { parameter, sampleBundle, World } from '../../support/world.ts'

/**
 * AWS credentials whose session policy may be too long for STS are refused before a person is asked to approve them.
 */

const sample = sampleBundle()
const long = (length: number) => parameter(`/staging/checkout/${'a'.repeat(length)}`)

/** The sample, where setting a parameter needs so many resources that a long name makes the policy too long. */
const wide = (resources: number): Bundle => {
  const entry = sample.actions['ssm:PutParameter'] as Bundle['actions'][string]
  const template = entry.statement?.resources[0] as string
  const statement = {
    actions: entry.statement?.actions ?? [],
    resources: Array.from({ length: resources }, (_, n) => `${template}${n}`),
  }
  return { ...sample, actions: { ...sample.actions, 'ssm:PutParameter': { ...entry, statement } } }
}

test('a policy that fits is asked about; one that does not is refused, saying what to do', async () => {
  const world = new World(wide(5))
  expect(await world.evaluate(long(20))).toMatchObject({ reason: 'approval_required' })
  expect(await world.evaluate(long(300))).toMatchObject({
    decision: false,
    reason: 'invalid_arguments',
    detail: `the session policy for these arguments would exceed ${sessionPolicyLimit} characters: ask for fewer at once`,
  })
})

test('an evaluation from before the policy became too long submits nothing', async () => {
  const world = new World(sample)
  const evaluated = await world.evaluate(long(300))
  world.policy = new World(wide(5)).policy
  expect(await world.submit(long(300), { evaluation: evaluated.id })).toMatchObject({
    ok: false,
    code: 'not_requestable',
  })
})
