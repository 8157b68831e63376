import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { elsewhere, home, sealedAccounts, synthesize } from './support/assembly.ts'
import type { Resource, Template } from './support/template.ts'

/**
 * CloudFormation knows a resource by its logical id: under another, a table is new and empty, an address changes, and a fixed
 * name is taken by the old resource. So logical-ids.json has every resource that an upgrade must keep.
 */

/** Types that hold data, or are known by their address. */
const holders = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::DynamoDB::GlobalTable',
  'AWS::Events::EventBus',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::SecretsManager::Secret',
  'AWS::StepFunctions::StateMachine',
])

/** Names that an account has once: a second resource with the same one is refused. */
const names = ['RoleName', 'QueueName', 'LogGroupName', 'StateMachineName']

const isKept = ({ Type, Properties = {}, DeletionPolicy = '' }: Partial<Resource>) =>
  holders.has(Type ?? '') || DeletionPolicy.startsWith('Retain') || names.some((name) => name in Properties)

const keptOf = ({ Resources }: Template) =>
  Object.fromEntries(
    Object.entries(Resources)
      .filter(([, resource]) => isKept(resource))
      .map(([id, { Type }]) => [id, Type])
      .sort(),
  )

const known: { [stack: string]: { [id: string]: string } } = JSON.parse(
  readFileSync(join(__dirname, 'logical-ids.json'), 'utf8'),
)

const assembly = synthesize(sealedAccounts)

test.each([
  ['Hotwork', () => assembly.hotwork],
  ['target at home', () => assembly.targets[home]],
  ['target elsewhere', () => assembly.targets[elsewhere]],
])('an upgrade keeps every lasting resource of the stack: %s', (stack, template) => {
  const now = keptOf(template() as Template)
  // A new resource is listed too, because the next upgrade must keep it.
  expect(now).toEqual(known[stack])
})
