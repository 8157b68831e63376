/** Faults of fakecloud 0.51.0 that no correction can reach, and the tests that show them, by a part of their names. */
export const faults: readonly { why: string; tests: readonly string[] }[] = [
  {
    why: 'EventBridge hears of no call of the API, so the rule of the sealed role never matches',
    tests: ['a use of the sealed role is heard by the rule'],
  },
  {
    why: 'CloudTrail answers every look-up with no event, so no call of a session is found',
    tests: ['the page of one opening shows each call that was made with it'],
  },
  {
    why: 'CloudFormation takes every call, so the CDK CLI is refused nothing',
    tests: ['the CDK CLI has these credentials alone, and IAM refuses it what was not approved'],
  },
]
