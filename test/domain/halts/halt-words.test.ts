import type { Halt, HaltTarget } from '../../../functions/domain/halts/halt.ts'
import { haltNow, haltTitle, readHaltTarget } from '../../../functions/domain/halts/halt-words.ts'
import type { HaltId, TransmitterId } from '../../../functions/domain/values.ts'
import { person, submittedAt } from '../../support/ask.ts'
import { sampleBundle } from '../../support/world.ts'

/** A halt's target as people type and read it. */

const { directory } = sampleBundle()
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const typed: readonly [string, HaltTarget][] = [
  ['agent:remediator', { kind: 'agent', value: 'agent:remediator' as never }],
  ['person:ana', { kind: 'person', value: person('ana') }],
  ['owner=person:ana', { kind: 'owner', value: person('ana') }],
  [`role=${role}`, { kind: 'role', value: role }],
  ['environment=prod', { kind: 'environment', value: 'prod' }],
  ['action=ssm:PutParameter', { kind: 'action', value: 'ssm:PutParameter' }],
  ['all', { kind: 'all', value: 'all' }],
]

test.each(typed)('`%s` is read as its target', (text, target) => {
  expect(readHaltTarget(text)).toEqual(target)
})

test.each([
  ...['', 'remediator', 'agent:', 'role=', '=prod', ':prod', 'Role=prod', ' role=prod', 'x all', 'all=', 'owner=ana'],
  ...['agent=remediator', 'person=ana', 'everything', 'environment prod', `environment=${'x'.repeat(65)}`],
])('`%s` is read as no target', (text) => {
  expect(readHaltTarget(text)).toBeUndefined()
})

test('a value may have `:`, `=` and a new line in it', () => {
  expect(readHaltTarget('action=a:b=c\nd')).toEqual({ kind: 'action', value: 'a:b=c\nd' })
})

test('a title names a person by name, and shows the words of others as a value', () => {
  expect(typed.map(([, target]) => haltTitle(target, { directory }))).toEqual([
    [{ value: 'agent:remediator' }],
    ['what ', { bold: 'Ana Alves (person:ana)' }, ' decides and opens'],
    ['the agents of ', { bold: 'Ana Alves (person:ana)' }],
    ['the role ', { value: role }],
    ['the environment ', { value: 'prod' }],
    ['the action ', { value: 'ssm:PutParameter' }],
    [{ bold: 'everything' }],
  ])
})

test('a halt is told with its time, its declarer, its end and its reason', () => {
  const halt: Halt = {
    ...{ id: `hlt_${'0'.repeat(26)}` as HaltId, target: { kind: 'all', value: 'all' } },
    ...{ reason: 'an exercise', by: person('gus'), at: submittedAt },
  }
  const why = ['. Why: ', { said: 'an exercise' }]
  const since = ['Since ', { time: submittedAt }, ', by ']
  expect(haltNow(halt, { directory })).toEqual([
    ...since,
    { bold: 'Gus Garcia (person:gus)' },
    ', until a person lifts it',
    ...why,
  ])
  const bySignal = { ...halt, by: 'transmitter:okta' as TransmitterId, until: submittedAt + 60 }
  expect(haltNow(bySignal, { directory })).toEqual([
    ...[...since, { bold: 'the transmitter okta' }, ', until ', { time: submittedAt + 60 }],
    ...why,
  ])
})
