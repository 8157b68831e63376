import { ownControlPlane, ownNamesIn } from '../../../functions/domain/policy/own-control-plane.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'

/** No run, change set or role concerns what Hotwork is made of. */

const document = { type: 'ssm:document', id: 'arn:aws:ssm:us-east-1:000000000000:document/restart' }
const resources = [
  {
    type: 'ssm:document',
    id: 'arn:*:ssm:*:*:document/desk-*',
    environment: 'prod',
    classification: 'control-plane',
    group: 'security',
  },
]
const touched = (changes: Partial<Parameters<typeof ownControlPlane>[0]> = {}) =>
  ownControlPlane({ arguments: {}, resource: document, ...changes }, { resources }, 'hotwork/approvals-target')

test('an act on other things touches nothing of Hotwork', () => {
  expect(
    touched({ arguments: { Name: 'approval', Tags: [{ Key: 'my-approvals-x' }] }, found: ['arn:aws:iam::0:role/a'] }),
  ).toBeUndefined()
})

test.each<[string, Parameters<typeof touched>[0]]>([
  ['of the class of Hotwork', { classification: 'control-plane' }],
  ['on a resource of that class', { resource: { ...document, id: document.id.replace('restart', 'desk-1') } }],
  ['with an argument that names the stack', { arguments: { StackName: 'Approvals' } }],
  [
    'with an argument deep inside that names a part of the stack',
    { arguments: { Parameters: { Names: ['a', 'approvals-runs'] } } },
  ],
  ['with the name of a member that is a table of it', { arguments: { RequestItems: { 'approvals-Requests': [] } } }],
  ['with an ARN of the stack', { found: ['arn:aws:cloudformation:us-east-1:000000000000:stack/approvals/1'] }],
  ['with the stack of a target account', { arguments: { StackName: 'ApprovalsTarget-payments' } }],
  ['with the stack of the log', { arguments: { StackName: 'ApprovalsAnchor' } }],
  ['with a text of JSON that names a function of it', { arguments: { Payload: '{"fn":"approvals-CallAws"}' } }],
  ['as a role under the path of Hotwork', { found: ['arn:aws:iam::000000000000:role/hotwork/other'] }],
])('an act %s touches Hotwork', (_what, changes) => {
  expect(touched(changes)).toEqual(expect.any(String))
})

test('an argument that is a number or nothing names nothing', () => {
  expect(touched({ arguments: { Count: 1, None: null } satisfies JsonObject })).toBeUndefined()
})

const parts = (...ends: string[]) => ends.map((end) => `approvals-${end}`)
const names = (...texts: string[]) => [...ownNamesIn(texts, { resources }, 'hotwork/approvals-reader')]

test.each<[what: string, text: string, found: readonly string[]]>([
  ['a name among any characters', 'aws iam put-role-policy --role-name="approvals-broker"', ['approvals-broker']],
  ['a place of a template before a name', '$' + '{Prefix}approvals-CallAws_1', ['approvals-CallAws']],
  ['the product by its name', 'my_Hotwork-Requests', ['Hotwork-Requests']],
  [
    'an ARN of that class, of any account',
    'run (arn:aws:ssm:us-east-1:$' + '{AWS::AccountId}:document/desk-1)',
    ['arn:aws:ssm:us-east-1:-:document/desk-1'],
  ],
  ['a bucket by its host', 'https://approvals-log.s3.amazonaws.com/k', ['approvals-log']],
  [
    'a name after an escape or a code',
    '"run\\napprovals-a role%2Fapprovals-b \\u000aapprovals-c"',
    parts('a', 'b', 'c'),
  ],
  ['a name after a host', 'https://x,approvals-a https://x?r=approvals-b', parts('a', 'b')],
  [
    'no host, package or variable',
    '{"HOTWORK_API":"https://me:pw@hotwork.example.com:1/","run":"npm i @hotwork/client"}',
    [],
  ],
  ['no pattern', '{"Resource":["arn:aws:ssm:*:*:document/*","*"]}', []],
  ['no part of a longer name', 'my-approvals-x disapprovals', []],
  ['no text too long for a name', `approvals-${'a'.repeat(300)}`, []],
])("Hotwork's own names in a text include %s", (_what, text, found) => expect(names(text)).toEqual(found))
