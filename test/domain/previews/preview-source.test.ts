import { argumentsOfRead } from '../../../functions/domain/previews/preview-source.ts'

const facts = { partition: 'aws', region: 'us-east-1', account: '111122223333' }
const filled = (value: string) => argumentsOfRead({ arguments: { it: [value] } }, { Name: 'a', Ports: [1] }, facts)

test.each<[what: string, template: string, value: unknown]>([
  ['a place alone is the whole argument', '{arguments.Ports}', [1]],
  ['a place in a text is its text', 'name/{arguments.Name}', 'name/a'],
  [
    'an ARN has the facts of the account',
    'arn:{partition}:sqs:{region}:{account}:{arguments.Name}',
    'arn:aws:sqs:us-east-1:111122223333:a',
  ],
  ['an argument of that name is no fact', '{arguments.region}', null],
  ['a name that nothing fills stays', '{other}', '{other}'],
])('%s', (_what, template, value) => expect(filled(template)).toEqual({ it: [value] }))
