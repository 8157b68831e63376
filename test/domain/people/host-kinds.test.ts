import { readFileSync } from 'node:fs'
import { hostKinds, RunsOn } from '../../../functions/domain/people/host-kinds.ts'

/** The kinds of hosts, and their table in docs/identity.md. */

const kinds = Object.entries(hostKinds)

test('docs/identity.md has the table of the kinds of hosts', () => {
  const rows = kinds.map(([kind, { example, looks }]) => {
    const { asks, of, unseen } = looks
    return `| `.concat([`\`{ "${kind}": "${example}" }\``, asks, of, unseen].join(' | '), ' |')
  })
  const table = ['| `runsOn` | asked | of | unseen |', '| --- | --- | --- | --- |', ...rows].join('\n')
  expect(readFileSync('docs/identity.md', 'utf8')).toContain(table)
})

test.each(kinds)('a host of the kind %s is accepted by its example', (kind, { example }) => {
  expect(RunsOn.parse({ [kind]: example })).toEqual({ [kind]: example })
})

test.each([
  { githubRepository: 'org' },
  { githubRepository: 'org/*' },
  { githubEnvironment: 'org/repo' },
  { githubEnvironment: 'org/repo#*' },
  { kubernetesServiceAccount: 'cluster/name' },
  { scheduler: 'arn:aws:sqs:eu-west-1:111122223333:jobs' },
  { scheduler: 'arn:aws:lambda:eu-west-1:111122223333:function:*' },
  { awsRole: 'arn:aws:iam::111122223333:role/a', other: 'x' },
])('the host %j is refused with the forms', (runsOn) => {
  const { error } = RunsOn.safeParse(runsOn)
  expect(error?.issues[0]?.message).toMatch(/^(?:such as|one of) `/)
})
