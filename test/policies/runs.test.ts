import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { PolicyCase, runCase } from '../../functions/domain/policy/policy-case.ts'
import { previewOfRun } from '../../functions/domain/previews/preview-source.ts'
import { withPolicy } from '../support/bundles.ts'
import { addRuns, bundleOfRuns, changeSetOf, changeSets, runbook } from '../support/runs.ts'
import { Copy } from './sample.ts'

/** Entries that start runs: their preview is Hotwork's, and none names what Hotwork is made of. */

type Changes = { [member: string]: unknown }

function problemsOf(changes: Changes, of: { name: string } = runbook): readonly string[] {
  using copy = new Copy()
  addRuns(copy, { ...of, ...changes })
  const compiled = copy.compile()
  return compiled.ok ? [] : compiled.problems.map(({ message }) => message)
}

test('each run has the preview of its definition in the bundle, and other actions keep theirs', () => {
  const { actions } = bundleOfRuns()
  expect([actions[runbook.name]?.preview, actions[changeSets.name]?.preview]).toEqual([previewOfRun, previewOfRun])
  expect(actions['ssm:PutParameter']?.preview?.action).toBe('ssm:GetParameter')
})

test('the schema of policies has the numbers of a change set, optional, for its action alone', () => {
  const { schema } = bundleOfRuns()
  expect(schema.match(/change\?: \{ added: Long, .* types: Set<String> \}/g)).toHaveLength(1)
})

test.each<[string, Changes, string]>([
  ['has a preview', { preview: { ...previewOfRun, show: { DocumentName: 'a' } } }, 'Hotwork reads the definition'],
  ['may be narrowed', { narrowable: ['DocumentVersion'] }, 'cannot be narrowed'],
  ['acts as a role of Hotwork', { runsAs: 'arn:{partition}:iam::{account}:role/hotwork/x' }, 'made of'],
  [
    'stops runs of Hotwork',
    {
      follow: {
        ...runbook.follow,
        rights: [
          { actions: ['states:StopExecution'], resources: ['arn:aws:states:us-east-1:1:execution:Hotwork-runs:*'] },
        ],
      },
    },
    'made of',
  ],
])('an entry of a run that %s is a build error', (_what, changes, said) => {
  expect(problemsOf(changes).filter((message) => message.includes(said))).toHaveLength(1)
})

test('an entry of a run by another credential is one build error, which keeps its role and its follower', () => {
  expect(problemsOf({ credential: 'sts' })).toEqual(['an agent would start more than the approved run'])
})

test('an entry of a run whose arguments list a name of Hotwork is a build error', () => {
  const { arguments: args } = runbook
  const named = {
    ...args,
    properties: { ...args.properties, DocumentName: { type: 'string', maxLength: 20, enum: ['Hotwork-x'] } },
  }
  expect(problemsOf({ arguments: named })).toContainEqual(expect.stringContaining('made of'))
})

test('an entry that starts no run is not followed, and has no role', () => {
  using copy = new Copy()
  copy.editJson('policies/actions/ssm.put-parameter.json', (entry) => {
    entry.follow = runbook.follow
    entry.runsAs = runbook.runsAs
  })
  const compiled = copy.compile()
  expect(!compiled.ok && compiled.problems.map(({ message }) => message)).toEqual([
    '`ssm:PutParameter` starts no run',
    '`ssm:PutParameter` starts no run',
  ])
})

test.each([
  ['one without data lost', 0, { tier: 2, policies: ['prod-release'] }],
  ['one with data lost', 1, { refused: 'policy_denied', policies: ['keep-data'] }],
])('a case gives the numbers of a change set: %s', (_what, stateful_removed, expect_) => {
  const rule =
    'forbid (principal, action, resource) when { context has change && context.change.stateful_removed > 0 };'
  const policy = new CedarPolicy(withPolicy(changeSets.name, 'keep-data', rule, bundleOfRuns()))
  const change = { added: 0, changed: 0, replaced: 0, removed: 1, stateful_removed, unpinned: 0, types: [] }
  const { action, arguments: args } = changeSetOf()
  const ask = { agent: 'agent:builder', action, purpose: 'release', change }
  const policyCase = PolicyCase.parse({
    name: 'a change set',
    ask: { ...ask, arguments: args, ambient: 'denied' },
    expect: expect_,
  })
  expect(runCase(policy.bundle, (question) => policy.ask(question), policyCase)).toBeUndefined()
})
