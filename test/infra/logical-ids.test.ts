import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Assembly, elsewhere, home, sealedAccounts, synthesize } from './support/assembly.ts'
import type { Resource, Template } from './support/template.ts'

/**
 * CloudFormation knows a resource by its logical id: under another, a table is a new and empty one, an address is a new
 * one, and a fixed name is taken by the old one. So what an upgrade must keep is written in logical-ids.json.
 */

/** Holds what cannot be made again, or is known by its address. */
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

/** Of these an account has one at a time: a second under the same name is refused. */
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

let assembly: Assembly
beforeAll(() => {
  assembly = synthesize(sealedAccounts)
}, 180_000)

test.each([
  ['Hotwork', () => assembly.hotwork],
  ['target at home', () => assembly.targets[home]],
  ['target elsewhere', () => assembly.targets[elsewhere]],
])('an upgrade keeps all that lasts in the stack: %s', (stack, template) => {
  const now = keptOf(template() as Template)
  // What is new is written down too, since the next upgrade must keep it.
  expect(now).toEqual(known[stack])
})
