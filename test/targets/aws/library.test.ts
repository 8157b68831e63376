import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DeleteFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateQueueCommand, PurgeQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { JsonObject } from '../../../functions/domain/values.ts'
import type { AwsCredentials } from '../../../functions/targets/aws/ports.ts'
import { sessionPolicy } from '../../../functions/targets/aws/rules/session-policy.ts'
import { deriveStatement } from '../../../functions/targets/aws/rules/statement.ts'
import { readLibrary } from '../../../policy-tools/catalogue/library.ts'
import { useAws } from '../../adapters/emulator.ts'
import { answered, compiled } from '../../policies/catalogue/answered.ts'
import { become, makeFunction, makeTargetRole } from './iam/target-role.ts'

/**
 * Entries of the library by real calls: with the session of an approved request that call is made, and no other. The
 * emulator judges no ARN of EventBridge, ECS, RDS or EC2: `test/policies/catalogue/judge.test.ts` does.
 */

useAws()

const library = readLibrary(join(__dirname, '../../../policy-tools/library'))
const here = { partition: 'aws', region: 'us-east-1', accountId: '000000000000', externalId: 'made-up' } as const

/** A session of a role that may do the action on anything, cut to one ask. */
async function sessionFor(action: string, args: JsonObject): Promise<AwsCredentials> {
  const shelved = library.find(({ entry }) => entry.name === action)
  const statement = shelved && deriveStatement(compiled(answered(shelved.entry)), args, here)
  if (!statement) throw new Error(`the library has no ${action}`)
  const notAfter = Math.floor(Date.now() / 1000) + 900
  const Policy = sessionPolicy([statement], notAfter, { drill: false })
  return become(await makeTargetRole(action), 'approved', { Policy })
}

type Case = {
  /** Makes the thing, and another one. */
  make: (name: string) => Promise<unknown>
  args: (name: string) => JsonObject
  call: (name: string, credentials: AwsCredentials) => Promise<unknown>
}
const queueUrl = (name: string) => `${process.env['AWS_ENDPOINT_URL']}/000000000000/${name}`
const target = { Arn: 'arn:aws:sqs:us-east-1:000000000000:any', RoleArn: 'arn:aws:iam::000000000000:role/any' }
const cases: { readonly [action: string]: Case } = {
  'sqs:PurgeQueue': {
    make: (QueueName) => new SQSClient({}).send(new CreateQueueCommand({ QueueName })),
    args: (QueueName) => ({ QueueName }),
    call: (name, credentials) =>
      new SQSClient({ credentials }).send(new PurgeQueueCommand({ QueueUrl: queueUrl(name) })),
  },
  'scheduler:DeleteSchedule': {
    make: (Name) =>
      new SchedulerClient({}).send(
        new CreateScheduleCommand({
          Name,
          ScheduleExpression: 'rate(1 day)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: target,
        }),
      ),
    args: (Name) => ({ GroupName: 'default', Name }),
    call: (Name, credentials) =>
      new SchedulerClient({ credentials }).send(new DeleteScheduleCommand({ GroupName: 'default', Name })),
  },
  'ssm:DeleteParameter': {
    make: (name) => new SSMClient({}).send(new PutParameterCommand({ Name: `/${name}`, Value: '1', Type: 'String' })),
    args: (name) => ({ Name: `/${name}` }),
    call: (name, credentials) => new SSMClient({ credentials }).send(new DeleteParameterCommand({ Name: `/${name}` })),
  },
  'lambda:DeleteFunctionConcurrency': {
    make: (name) => makeFunction(name),
    args: (FunctionName) => ({ FunctionName }),
    call: (FunctionName, credentials) =>
      new LambdaClient({ credentials }).send(new DeleteFunctionConcurrencyCommand({ FunctionName })),
  },
}

test.each(Object.entries(cases))(
  '%s is made on the approved resource, and on no other',
  async (action, { make, args, call }) => {
    const name = `approved-${randomUUID().slice(0, 8)}`
    for (const each of [name, `${name}-2`]) await make(each)
    const credentials = await sessionFor(action, args(name))
    await expect(call(`${name}-2`, credentials)).rejects.toThrow(/not authorized|denied/i)
    await expect(call(name, credentials)).resolves.toBeDefined()
  },
)
