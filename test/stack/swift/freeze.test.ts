import { freezeName, freezesAt } from '../../support/swift-policies.ts'
import { untilSecond } from '../support/aws.ts'
import { builder, claimFlag } from '../support/claimed-flag.ts'
import { deployed, setFlag } from '../support/deployment.ts'

/** Flags of production are frozen in the last seconds of each minute of this deployment. */

const hotwork = deployed('swift')

test('an approved use is refused while a freeze holds, with its name, and permitted when it is over', async () => {
  await untilSecond((second) => second < 10)
  const { id, args, begin } = await claimFlag(hotwork)
  // The calls in the freeze must end in it.
  await untilSecond((second) => second >= freezesAt && second < freezesAt + 8)
  const refused = await begin()
  expect(refused).toMatchObject({ status: 403, body: { type: expect.stringContaining('/policy_denied') } })
  expect(refused.body.detail).toContain(freezeName)
  const asked = await hotwork.evaluate(builder, setFlag({ flag: args.flag }))
  expect(asked.body).toMatchObject({ decision: false, context: { reason: 'policy_denied' } })
  expect(asked.body.context).not.toHaveProperty('access_request')
  expect(await hotwork.view(id)).toMatchObject({ status: 'approved' })
  await untilSecond((second) => second < freezesAt)
  expect(await begin()).toMatchObject({ status: 201, body: { uses_left: 0 } })
})
