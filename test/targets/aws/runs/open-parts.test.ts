import type { Json } from '../../../../functions/domain/values.ts'
import { partsOf, shownParts } from '../../../../functions/targets/aws/runs/open-parts.ts'

const at = 'arn:aws:lambda:us-east-1:111122223333:function:fix'
const machine = 'arn:aws:states:us-east-1:111122223333:stateMachine:child'

test.each<[what: string, part: Json]>([
  ['a version of a function', { Resource: `${at}:7` }],
  ['a version of a function by name', { Parameters: { FunctionName: 'fix:7' } }],
  ['a function with a qualifier of digits', { Parameters: { FunctionName: at, Qualifier: '7' } }],
  ['a version of a state machine', { Parameters: { StateMachineArn: `${machine}:3` } }],
  ['a revision of a task definition', { Parameters: { TaskDefinition: 'worker:12' } }],
  ['a version of an object', { Script: 'https://b.s3.amazonaws.com/k?versionId=abc' }],
  ['a version of an object by its key', { Inputs: { S3Bucket: 'b', S3Key: 'k', S3ObjectVersion: 'a.b' } }],
  ['other text', { Resource: 'arn:aws:states:::lambda:invoke', Comment: 'a function' }],
])('%s is pinned by its definition', (_what, part) => {
  expect(partsOf(part, 'the state A')).toEqual([])
})

test.each<[what: string, part: Json, open: string]>([
  ['a function without a version', { Resource: at }, `the function ${at}, in the state A`],
  ['the latest function', { Resource: `${at}:$LATEST` }, `the function ${at}:$LATEST, in the state A`],
  ['an alias of a function', { Resource: `${at}:live` }, `the function ${at}:live, in the state A`],
  [
    'an alias that begins with digits',
    { Parameters: { FunctionName: 'fix:7b' } },
    'the function fix:7b, in the state A',
  ],
  [
    'a qualifier that is no number',
    { Parameters: { FunctionName: 'fix', Qualifier: 'live' } },
    'the function fix, in the state A',
  ],
  [
    'a function beside a payload with a qualifier',
    { Parameters: { FunctionName: 'fix', Payload: { Qualifier: '1' } } },
    'the function fix, in the state A',
  ],
  ['an object by its key', { Inputs: { S3Bucket: 'b', S3Key: 'fix.zip' } }, 'the object fix.zip, in the state A'],
  ['a function from the input', { Parameters: { 'FunctionName.$': '$.f' } }, 'the function that the state A chooses'],
  ['a function by JSONata', { Arguments: { FunctionName: '{% $f %}' } }, 'the function that the state A chooses'],
  [
    'a state machine without a version',
    { Parameters: { StateMachineArn: machine } },
    `the state machine ${machine}, in the state A`,
  ],
  ['a document', { Parameters: { DocumentName: 'Fix' } }, 'the document Fix, in the state A'],
  ['a task definition', { Parameters: { TaskDefinition: 'worker' } }, 'the task definition worker, in the state A'],
  ['a build project', { Parameters: { ProjectName: 'p' } }, 'the build project p, in the state A'],
  ['an object in S3', { x: ['run s3://bucket/fix.sh now'] }, 'the content of s3://bucket/fix.sh, in the state A'],
  [
    'workers of an activity',
    { Resource: 'arn:aws:states:us-east-1:111122223333:activity:do' },
    'the worker of the activity arn:aws:states:us-east-1:111122223333:activity:do, in the state A',
  ],
])('%s is left open', (_what, part, open) => {
  expect(partsOf(part, 'the state A')).toEqual([open])
})

test('people see twenty open parts at most, each once and short, and how many there are beside', () => {
  const many = Array.from({ length: 25 }, (_, at) => `part ${at}`)
  expect(shownParts([...many, ...many])).toEqual([...many.slice(0, 20), 'and 5 more'])
  const [long = ''] = shownParts(['x'.repeat(400)])
  expect([[...long].length, long.endsWith('…')]).toEqual([160, true])
})
