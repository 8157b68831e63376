import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { TargetAccount } from '../../infra/constructs/target-account.ts'
import { tooLarge } from '../../infra/sizes.ts'
import { read } from '../support/repository.ts'
import { home, runApp } from './support/assembly.ts'
import { passingApp, passingTemplate } from './support/passing-app.ts'

/** Oversized policies are refused at synth with the fix, and not in the middle of a deployment. */

const place = { accountId: home, region: 'eu-central-1', partition: 'aws' }
type Made = { aliases?: number; actions?: number; people?: number }

function problemsOf({ aliases = 1, actions = 1, people = 0 }: Made): readonly string[] {
  const region = 'eu-central-1'
  const stack = new Stack(passingApp(), 'HotworkTarget', { env: { account: home, region } })
  const names = Array.from({ length: people }, (_, n) => [
    `person:${n}`,
    `arn:aws:iam::${home}:user/${'n'.repeat(63)}${n}`,
  ])
  new TargetAccount(stack, 'Default', {
    hotwork: 'Hotwork',
    broker: `arn:aws:iam::${home}:role/hotwork/Hotwork-broker`,
    accounts: Object.fromEntries(
      Array.from({ length: aliases }, (_, n) => [
        `alias${n}`,
        { ...place, externalId: 'x'.repeat(36), ...(people > 0 && { sealed: { people: Object.fromEntries(names) } }) },
      ]),
    ),
    actions: Array.from({ length: actions }, (_, n) => ({
      account: 'alias0',
      statement: {
        actions: [`lambda:UpdateFunction${String(n).padStart(8, '0')}`],
        resources: ['arn:{partition}:lambda:{region}:{account}:function:{arguments.FunctionName}'],
      },
    })),
    ours: [],
    desk: { queue: `arn:aws:sqs:eu-central-1:${home}:Hotwork-sealed` },
  })
  const { Resources } = passingTemplate(stack)
  return tooLarge({ stackName: 'HotworkTarget', region, resources: Resources })
}

test.each<[what: string, made: Made, first: number, sentence: RegExp]>([
  [
    'aliases of one account, each with an external id',
    { aliases: 1 },
    8,
    /^the trust policy of role `Hotwork-target` in stack `HotworkTarget` has \d+ of the 2048 characters that AWS takes: shorten the external ids .* or give it fewer aliases$/,
  ],
  [
    'people of a sealed role, with names of 64 characters',
    { people: 1 },
    18,
    /^the trust policy of role `Hotwork-sealed` .* 2048 .*: name fewer people in `sealed\.people`/,
  ],
  [
    'actions of one account',
    { actions: 1 },
    86,
    /^the policy `Boundary\w*` .* 6144 characters that AWS takes: take actions of that account out of `actions\/`/,
  ],
])('a policy is refused from one too many on: %s', (_what, made, first, sentence) => {
  const [counted] = Object.keys(made) as [keyof Made]
  const problems = (n: number) => problemsOf({ [counted]: n })
  expect(problems(first - 1)).toEqual([])
  expect(problems(first)).toEqual([expect.stringMatching(sentence)])
})

const roles = (n: number) =>
  Array.from({ length: n }, (_, index) => `arn:aws:iam::${String(index).padStart(12, '1')}:role/hotwork/Hotwork-target`)
const stack = (resources: object) => ({ stackName: 'Hotwork', region: 'eu-central-1', resources: resources as never })

test("a Lambda's environment is measured in the bytes that Lambda counts", () => {
  const environment = (n: number) =>
    tooLarge(
      stack({
        HandOn: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            Description: 'Hotwork hand-on',
            Environment: {
              Variables: {
                TARGET_ROLES: roles(n).join(' '),
                CARDS_QUEUE: { Ref: 'CardsQueue' },
                DENIES_QUEUE: { Ref: 'DeniesQueue' },
              },
            },
          },
        },
        CardsQueue: { Type: 'AWS::SQS::Queue' },
        DeniesQueue: { Type: 'AWS::SQS::Queue' },
      }),
    )
  expect(environment(71)).toEqual([])
  expect(environment(72)).toEqual([
    expect.stringMatching(
      /^the environment of `Hotwork hand-on` .* 4096 bytes .*: name fewer `accounts` .* a second Hotwork/,
    ),
  ])
})

test('the grants of one role are measured over all its policies', () => {
  const grants = (n: number) => tooLarge(stack({ One: policyOf(roles(n)), Other: policyOf(['*']) }))
  const policyOf = (resources: string[]) => ({
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'BrokerRole' }],
      PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: resources }] },
    },
  })
  expect(grants(100)).toEqual([])
  expect(grants(200)).toEqual([expect.stringMatching(/role `BrokerRole` .* 10240 characters .* `accounts`/)])
})

test('placeholders of CloudFormation count at their greatest length, and white space does not count', () => {
  const value = { a: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':x']] }, b: 'é' }
  const lengths = ['eu-central-1', 'cn-north-1'].map((region) => {
    const [problem = ''] = tooLarge({
      stackName: 'S',
      region,
      resources: { P: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: [value, 'x'.repeat(7000)] } } },
    })
    return Number(/has (\d+) of/.exec(problem)?.[1])
  })
  expect(lengths).toEqual([
    7000 + '[{"a":"arn:aws:x","b":"é"},""]'.length,
    7000 + '[{"a":"arn:aws-cn:x","b":"é"},""]'.length,
  ])
})

test('the app ends with the sentence, and the place of the stack in the code', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'hotwork-sizes-'))
  try {
    const sample = JSON.parse(read('test/policies/deployment.json'))
    const { target } = sample.accounts
    const deployment = join(outdir, 'deployment.json')
    const more = Array.from({ length: 12 }, (_, n) => [`more${n}`, { ...target, externalId: `${'x'.repeat(64)}${n}` }])
    writeFileSync(
      deployment,
      JSON.stringify({ ...sample, accounts: { ...sample.accounts, ...Object.fromEntries(more) } }),
    )
    const { status, stderr } = runApp({ stackName: 'Hotwork', deployment }, outdir)
    expect(stderr).toMatch(/infra\/app\.ts:\d+:\d+\n.*the trust policy of role `Hotwork-target` .* fewer aliases/)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(1)
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}, 240_000)
