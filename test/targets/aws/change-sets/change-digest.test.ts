import fc from 'fast-check'
import { digestOfSet } from '../../../../functions/targets/aws/change-sets/change-digest.ts'
import type { ReadSet } from '../../../../functions/targets/aws/change-sets/read-set.ts'
import { changeOf, readSetOf, setId, stackOf } from '../../../support/change-sets/described.ts'

const changes = ['A', 'B', 'C'].map((id) => changeOf('Add', 'AWS::SNS::Topic', id))
const Parameters = [{ ParameterKey: 'Size', ParameterValue: '3' }]
const usual = { Parameters, Capabilities: ['CAPABILITY_IAM'] }
const digest = (set: ReadSet = readSetOf(changes, {}, usual), stack = stackOf(), policy = '{}') =>
  digestOfSet(set, stack, policy)

test.each<[what: string, digest: string]>([
  ['the processed template', digest(readSetOf(changes, { Resources: { A: {} } }, usual))],
  [
    'a parameter',
    digest(readSetOf(changes, {}, { ...usual, Parameters: [{ ...Parameters[0], ParameterValue: '4' }] })),
  ],
  ['a capability', digest(readSetOf(changes, {}, { ...usual, Capabilities: ['CAPABILITY_NAMED_IAM'] }))],
  ['a change', digest(readSetOf(changes.slice(1), {}, usual))],
  ['an import', digest(readSetOf(changes, {}, { ...usual, ImportExistingResources: true }))],
  ['a tag of the stack', digest(readSetOf(changes, {}, { ...usual, Tags: [{ Key: 'a', Value: 'b' }] }))],
  ['a member that AWS adds later', digest(readSetOf(changes, {}, { ...usual, NewMember: 'on' }))],
  [
    'another change set of the same name',
    digest(readSetOf(changes, {}, { ...usual, ChangeSetId: setId().replace(/4$/, '5') })),
  ],
  ['the status of the change set', digest(readSetOf(changes, {}, { ...usual, ExecutionStatus: 'OBSOLETE' }))],
  [
    "a nested stack's change set",
    digest(readSetOf(changes, {}, { ...usual, nested: { [setId('n')]: readSetOf([], {}) } })),
  ],
  ["the stack's role", digest(undefined, stackOf({ RoleARN: 'arn:aws:iam::111122223333:role/admin' }))],
  ["the stack's policy", digest(undefined, undefined, '{"Statement":[]}')],
  ["the stack's last update", digest(undefined, stackOf({ LastUpdatedTime: '2026-12-01T10:00:00Z' }))],
  ["the stack's status", digest(undefined, stackOf({ StackStatus: 'UPDATE_IN_PROGRESS' }))],
])('the digest changes with %s', (_what, other) => expect(other).not.toBe(digest()))

test('the digest does not change with the order of a list, a page or the time of the reading', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(changes, { minLength: 3 }), fc.string(), (order, NextToken) => {
      const again = readSetOf(order, {}, { ...usual, NextToken, CreationTime: '2026-12-02T11:00:00Z' })
      expect(digest(again)).toBe(digest())
    }),
  )
})
