import { SdkCaller } from '../adapters/aws-calls/sdk-caller.ts'
import { endpoint } from '../adapters/http/endpoint.ts'
import { BadRequest } from '../adapters/http/problem.ts'
import { KmsKeySet } from '../adapters/kms/kms-key-set.ts'
import { StsBroker } from '../adapters/sts/broker.ts'
import { callAws } from '../operations/call-aws.ts'
import { environmentOf } from './environments.ts'
import { AwsDoor } from './wiring/aws-door.ts'
import { decidingPorts } from './wiring/deciding.ts'
import { cedarPolicy } from './wiring/policy.ts'

const environment = environmentOf('call-aws')
const issuer = environment.ISSUER
const policy = cedarPolicy()
const ports = {
  ...decidingPorts(environment, policy),
  broker: new StsBroker(),
  caller: new SdkCaller(),
  targetRole: environment.TARGET_ROLE,
}
const keys = new KmsKeySet(environment.PUBLISHED_KEYS)
const door = new AwsDoor({ path: '/aws/calls', issuer, bundle: policy.bundle, keys, clock: ports.clock })

/** `POST /aws/calls`: makes the one stored call of a mediated action, and answers what AWS answered. */
export const handler = endpoint({ issuer, ...ports }, async (call) => {
  const { token, once } = await door.enter(call)
  const made = await callAws(token, once, ports)
  if (made.ok) return { status: 200, headers: { 'cache-control': 'no-store' }, body: { output: made.value } }
  if (made.code === 'call_failed')
    throw new BadRequest({
      status: 502,
      code: 'call_failed',
      title: 'AWS did not do it',
      detail: `AWS answered \`${made.detail}\`, and nothing was done: a new request is needed to try again`,
    })
  if (made.code === 'outcome_unknown')
    throw new BadRequest({
      status: 409,
      code: 'outcome_unknown',
      title: 'The call was begun, and nobody knows yet whether it was done',
      detail: 'it is never made again: ask again later, and it is looked up where the action says how',
      headers: { 'retry-after': '5' },
    })
  throw door.refuse(made.code, made.detail)
})
