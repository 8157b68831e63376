import { readFileSync } from 'node:fs'
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  Stack,
} from 'aws-cdk-lib'

type Resource = { Type: string; Properties?: { readonly [name: string]: unknown } }
type Resources = { readonly [id: string]: Resource }
type Place = { stackName: string; region: string; resources: Resources }

/** AWS's limits. They ignore white space. */
const limits = { trust: 2048, policy: 6144, inline: 10_240, environment: 4096 } as const

const fewerAccounts =
  'name fewer `accounts` in the deployment file, and give the others to a second Hotwork under another stackName'
const fixes = {
  trust: 'shorten the external ids of that account in the deployment file, or give it fewer aliases',
  sealed: 'name fewer people in `sealed.people` of that account, or IAM users with shorter names and paths',
  policy: 'take actions of that account out of `actions/`, or write them for the same resource patterns',
  inline: fewerAccounts,
  environment: fewerAccounts,
} as const

/**
 * Refuses, at synth, a template that AWS would refuse during a deployment.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export class SizeLimits implements IPolicyValidationPlugin {
  readonly name = 'hotwork'
  readonly #stacks = new Set<Stack>()

  /** Checks only this stack of the app. */
  watch(stack: Stack): void {
    this.#stacks.add(stack)
  }

  validate({ stackTemplates }: IPolicyValidationContext): PolicyValidationPluginReport {
    const watched = new Map([...this.#stacks].map((stack) => [stack.node.path, stack]))
    const violations = stackTemplates.flatMap(({ stackConstructPath, templatePath }) => {
      const stack = watched.get(stackConstructPath)
      if (!stack) return []
      const { Resources = {} } = JSON.parse(readFileSync(templatePath, 'utf8')) as { Resources?: Resources }
      const { stackName, region } = stack
      return tooLarge({ stackName, region, resources: Resources }).map((description) => ({
        ...{ ruleName: 'too-large', severity: 'fatal', description },
        violatingResources: [{ constructPath: stackConstructPath, templatePath, locations: [] }],
      }))
    })
    return { success: violations.length === 0, violations }
  }
}

export function tooLarge(place: Place): readonly string[] {
  const inline = new Map<string, number>()
  const problems: string[] = []
  const check = (what: string, length: number, of: keyof typeof limits, fix: string = fixes[of]) => {
    if (length <= limits[of]) return
    const unit = of === 'environment' ? 'bytes' : 'characters'
    problems.push(
      `${what} in stack \`${place.stackName}\` has ${length} of the ${limits[of]} ${unit} that AWS takes: ${fix}`,
    )
  }
  for (const [id, { Type, Properties: has = {} }] of Object.entries(place.resources)) {
    const size = (value: unknown) => textOf(value, place).length
    const role = String(has['RoleName'] ?? id)
    if (Type === 'AWS::IAM::Role') {
      const fix = role.endsWith('-sealed') ? fixes.sealed : fixes.trust
      check(`the trust policy of role \`${role}\``, size(has['AssumeRolePolicyDocument']), 'trust', fix)
      for (const { PolicyDocument } of (has['Policies'] ?? []) as { PolicyDocument: unknown }[])
        inline.set(id, (inline.get(id) ?? 0) + size(PolicyDocument))
    }
    if (Type === 'AWS::IAM::ManagedPolicy') check(`the policy \`${id}\``, size(has['PolicyDocument']), 'policy')
    if (Type === 'AWS::IAM::Policy')
      for (const { Ref } of has['Roles'] as { Ref: string }[])
        inline.set(Ref, (inline.get(Ref) ?? 0) + size(has['PolicyDocument']))
    if (Type === 'AWS::Lambda::Function') {
      // The length as Lambda measures it: the JSON of all names and values.
      const { Variables = {} } = (has['Environment'] ?? {}) as { Variables?: object }
      const bytes = Buffer.byteLength(textOf(Variables, place))
      check(`the environment of \`${String(has['Description'] ?? id)}\``, bytes, 'environment')
    }
  }
  for (const [id, length] of inline) check(`what is granted to role \`${id}\``, length, 'inline')
  return problems
}

/** The JSON of a deployed value, in which CloudFormation's placeholders count with their greatest length. */
const textOf = (value: unknown, place: Place): string => JSON.stringify(filled(value, place))

function filled(value: unknown, place: Place): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => filled(each, place))
  const [[intrinsic, told] = [''], ...more] = Object.entries(value)
  if (more.length === 0 && intrinsic === 'Ref') return referred(String(told), place)
  if (more.length === 0 && intrinsic === 'Fn::GetAtt') return arnOf(String(told[0]), place)
  if (more.length === 0 && intrinsic === 'Fn::Join') {
    const [separator, parts] = told as [string, unknown[]]
    return parts.map((part) => filled(part, place)).join(separator)
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, place)]))
}

const pseudo = (region: string): { readonly [name: string]: string } => ({
  'AWS::Partition': region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws',
  'AWS::Region': region,
  'AWS::AccountId': '0'.repeat(12),
  'AWS::URLSuffix': region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com',
})

/** The value of a `Ref`: a name, except for types whose `Ref` is an ARN or an address of at most that length. */
function referred(id: string, place: Place): string {
  const known = pseudo(place.region)[id]
  if (known !== undefined) return known
  const type = place.resources[id]?.Type ?? ''
  const hasLongRef = /^AWS::(SQS::Queue|SNS::Topic|StepFunctions::StateMachine|IAM::ManagedPolicy)$/.test(type)
  return hasLongRef ? arnOf(id, place) : nameOf(id, place)
}

/** CloudFormation's own names: the stack, the logical id and twelve characters. */
const nameOf = (id: string, { stackName }: Place) => `${stackName}-${id}-${'x'.repeat(12)}`

const arnOf = (id: string, place: Place) =>
  `arn:aws-us-gov:dynamodb:${place.region}:${'0'.repeat(12)}:stateMachine/${nameOf(id, place)}`
