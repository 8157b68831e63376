import { refusalAt } from '../../functions/handlers/agents/target-door.ts'

const freeze = 'the freeze `quiet` holds until 4 January 2027, 08:00 Europe/Berlin: few people are there'

test('an agent refused only by a freeze is told of it, and to ask again', () =>
  expect(refusalAt('aws', 'credentials', 'policy_denied', freeze).problem).toMatchObject({
    status: 403,
    code: 'policy_denied',
    detail: `ask again then: ${freeze}`,
  }))

test('an agent refused for good is told to ask the policy authors, without the policy', () =>
  expect(refusalAt('aws', 'credentials', 'policy_denied').problem.detail).toBe('ask the people who write the policies'))
