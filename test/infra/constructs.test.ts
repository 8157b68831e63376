import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, CfnElement, NestedStack, Stack, Validations } from 'aws-cdk-lib'
import { Template as Assertions } from 'aws-cdk-lib/assertions'
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { AwsSolutionsChecks } from 'cdk-nag'
import { Hotwork, type HotworkProps, HotworkTarget, UnusableSettings } from '../../infra/cdk.ts'
import { read, root } from '../support/repository.ts'
import { elsewhere, home } from './support/assembly.ts'
import { resourcesOf, rightsOf, type Template, textOf, theOnly, valuesOf } from './support/template.ts'

/** `hotwork/cdk` in a user's own app. The contents of the stacks are tested with the checkout's app, which is made of it. */

const folder = mkdtempSync(join(tmpdir(), 'hotwork-constructs-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const here = { account: home, region: 'eu-central-1' }
const there = { account: elsewhere, region: 'eu-west-1' }

/** The sample's deployment, for other accounts. */
function deploymentFor(...places: { account: string; region: string }[]): string {
  const sample = JSON.parse(read('test/policies/deployment.json'))
  const { target } = sample.accounts
  const accounts = places.map(({ account, region }, index) => [
    index === 0 ? 'target' : `other${index}`,
    { ...target, accountId: account, region },
  ])
  const file = join(folder, `deployment-${places.map(({ account }) => account).join('-')}.json`)
  writeFileSync(file, JSON.stringify({ ...sample, accounts: Object.fromEntries(accounts) }))
  return file
}

const props: HotworkProps = { policies: join(root, 'policies'), deployment: deploymentFor(here) }
const appIn = (name: string) => new App({ outdir: join(folder, name) })

/** The refusal of a construct, made once: CDK keeps it in the tree, and takes no second of its id. */
function refusalOf(make: () => unknown): UnusableSettings {
  try {
    make()
  } catch (fault) {
    if (fault instanceof UnusableSettings) return fault
    throw fault
  }
  throw new Error('it was made')
}

const app = appIn('refused')
let number = 0
const stack = (name = `Stack${++number}`) => new Stack(app, name, { env: here })
const topicArn = 'arn:aws:sns:eu-central-1:111111111111:on-call'

test.each<[what: string, make: () => unknown, sentence: RegExp]>([
  [
    'with a folder that is not there',
    () => new Hotwork(stack(), 'Hotwork', { ...props, policies: '/nowhere' }),
    /^the policy folder `\/nowhere` does not exist: give `policies: PATH`$/,
  ],
  [
    'without a deployment file',
    () => new Hotwork(stack(), 'Hotwork', {} as HotworkProps),
    /^no deployment file .*: give `deployment: PATH`/,
  ],
  [
    'with keys that are none',
    () => new Hotwork(stack(), 'Hotwork', { ...props, signingKeys: [1, 1] }),
    /^signingKeys `1,1` is not a list of keys/,
  ],
  [
    'with the ARN of a topic',
    () => new Hotwork(stack(), 'Hotwork', { ...props, alarmTopic: topicArn as never }),
    /^`alarmTopic` is a topic: give `Topic\.fromTopicArn/,
  ],
  [
    'with two issuers',
    () => {
      const [place, certificateArn] = [stack(), `arn:aws:acm:eu-central-1:${home}:certificate/one`]
      const certificate = Certificate.fromCertificateArn(place, 'Certificate', certificateArn)
      const domain = new DomainName(place, 'Domain', { domainName: 'permits.example.com', certificate })
      new Hotwork(place, 'Hotwork', { ...props, domain, issuer: 'https://other.example.com' })
    },
    /^`domain` says the issuer already: leave out `issuer`$/,
  ],
  [
    'in a nested stack',
    () => new Hotwork(new NestedStack(stack(), 'Nested'), 'Hotwork', props),
    /nested stack.* put Hotwork into a stack of its own$/,
  ],
  [
    'in a stack with a name too long for its roles',
    () => new Hotwork(stack(`S${'x'.repeat(48)}`), 'Hotwork', props),
    /^stackName `Sx+` cannot name a stack: .* at most 47/,
  ],
  [
    'for several accounts in a stack that names none',
    () => new Hotwork(new Stack(app, 'Agnostic'), 'Hotwork', { ...props, deployment: deploymentFor(here, there) }),
    /^stack `Agnostic` names no account and Region, .* 2 accounts: give the stack `env: \{ account, region \}`/,
  ],
])('a Hotwork %s is refused, with the fix', (_what, make, sentence) => {
  const { message } = refusalOf(make)
  expect(message).toMatch(sentence)
})

describe('a Hotwork for two accounts', () => {
  const app = appIn('two')
  const stack = new Stack(app, 'Permits', { env: here })
  const onCall = new Topic(stack, 'OnCall')
  let hotwork: Hotwork
  beforeAll(() => {
    const certificateArn = `arn:aws:acm:eu-central-1:${home}:certificate/one`
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)
    const domain = new DomainName(stack, 'Domain', { domainName: 'permits.example.com', certificate })
    const deployment = deploymentFor(here, there)
    hotwork = new Hotwork(stack, 'Hotwork', { ...props, deployment, domain, alarmTopic: onCall, hardlyRead: 50 })
  }, 180_000)
  const target = (id: string, env?: { account: string; region: string }) =>
    new HotworkTarget(new Stack(app, id, env && { env }), 'Target', { hotwork })

  test.each<[what: string, make: () => unknown, sentence: RegExp]>([
    ['a second Hotwork', () => new Hotwork(stack, 'Second', props), /^stack `Permits` has a Hotwork already/],
    [
      'a Hotwork in a stack of the same name and account',
      () => new Hotwork(new Stack(app, 'Again', { env: here, stackName: 'Permits' }), 'Hotwork', props),
      /^stack `Permits` makes the same role names .* give one of the two another `stackName`$/,
    ],
    [
      "a target in Hotwork's own stack",
      () => new HotworkTarget(stack, 'Target', { hotwork }),
      /^stack `Permits` is Hotwork's own/,
    ],
    [
      'a target in a stack that could be in either account',
      () => target('Agnostic'),
      /^stack `Agnostic` names no account, and could be any .*111111111111 in eu-central-1, 222222222222 in eu-west-1\): give the stack `env/,
    ],
    [
      'a target in an account that the deployment file has not',
      () => target('Unknown', { account: '333333333333', region: 'eu-west-1' }),
      /^account 333333333333 of stack `Unknown` is not in .*: add it to `accounts`/,
    ],
    [
      'a target in another Region',
      () => target('Astray', { ...there, region: 'us-east-1' }),
      /^stack `Astray` is in us-east-1, .* 222222222222 in eu-west-1\): give the stack an `env` of that Region$/,
    ],
    [
      'a second target in one account',
      () => [target('First', there), target('Second', there)],
      /^account 222222222222 has a HotworkTarget in stack `First` already/,
    ],
  ])('%s is refused, with the fix', (_what, make, sentence) => {
    expect(refusalOf(make).message).toMatch(sentence)
    // An empty stack would be a warning at synth.
    for (const { node } of app.node.children)
      if (!node.findAll().some(CfnElement.isCfnElement)) app.node.tryRemoveChild(node.id)
  })

  test("a Hotwork's domain is its address and its issuer, and its alarms, with the optional one, notify the app's topic", () => {
    const issuer = textOf(stack.resolve(hotwork.issuer))
    expect(issuer).toMatch(/^https:\/\/<Domain\w*>$/)
    expect(hotwork.apiEndpoint).toBe(hotwork.issuer)
    const template = Assertions.fromStack(stack).toJSON() as Template
    expect(theOnly(template, 'AWS::ApiGatewayV2::ApiMapping').Properties['DomainName']).toBeDefined()
    expect(new Set(valuesOf(template, 'ISSUER'))).toEqual(new Set([issuer]))
    const told = resourcesOf(template, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties['AlarmActions'])
    expect(new Set(told.map(textOf))).toEqual(new Set([textOf(stack.resolve(onCall.topicArn))]))
    const hardlyRead = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(([id]) => id.includes('HardlyRead'))
    expect(hardlyRead.map(([, { Properties }]) => Properties)).toMatchObject([
      {
        ...{ Threshold: 0.5, EvaluationPeriods: 3, TreatMissingData: 'notBreaching' },
        Metrics: [{ Period: 3600, Expression: expect.stringMatching(/^SELECT AVG\(HardlyRead\) .* GROUP BY Stage/) }],
      },
    ])
    const topics = resourcesOf(template, 'AWS::SNS::Topic').map(([id]) => textOf({ Ref: id }))
    expect(topics).toContain(textOf(stack.resolve(hotwork.emergencyTopic.topicArn)))
  }, 120_000)
})

test('a Hotwork in a stack without an account may deny the sessions of its only target role, and cdk-nag finds nothing', () => {
  const app = appIn('agnostic')
  // It throws on a finding: the construct's acknowledgements must fit without the account, too.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  const stack = new Stack(app, 'Permits')
  const hotwork = new Hotwork(stack, 'Hotwork', props)
  new HotworkTarget(new Stack(app, 'Target'), 'Target', { hotwork })
  const role = `arn:aws:iam::${home}:role/hotwork/Permits-target`
  const rights = rightsOf(Assertions.fromStack(stack).toJSON() as Template)
  expect(rights.get('write-denies')).toContain(`iam:PutRolePolicy on ${role}`)
  expect(rights.get('reconcile-sessions')).toContain(`iam:GetRolePolicy on ${role}`)
}, 180_000)
