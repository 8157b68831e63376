import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { BrokerRefused, BrokerUnavailable } from '../../../../functions/operations/faults.ts'
import type { AssumeAsk, AwsCredentialBroker } from '../../../../functions/targets/aws/ports.ts'
import { StsBroker } from '../../../../functions/targets/aws/sts/broker.ts'
import { onBoth } from '../../../adapters/both.ts'
import { useAws } from '../../../adapters/emulator.ts'
import { requestId } from '../../../support/ask.ts'
import { MemoryBroker } from '../../../support/credentials/memory-broker.ts'
import { MemoryLog } from '../../../support/memory-log.ts'
import { externalId, makeTargetRole, policyFor } from '../iam/target-role.ts'
import { askOf } from './sts-endpoint.ts'

onBoth<{ broker: AwsCredentialBroker; role: string }>(
  'the broker',
  {
    memory: () => {
      const role = 'arn:aws:iam::000000000000:role/hotwork/target'
      return { broker: new MemoryBroker({ [role]: externalId }), role }
    },
    real: async () => ({ broker: new StsBroker(new MemoryLog()), role: await makeTargetRole() }),
  },
  (make) => {
    test('the broker gives the credentials of a new session each time', async () => {
      const { broker, role } = await make()
      const [one, other] = [await broker.assume(askOf(role)), await broker.assume(askOf(role))]
      expect(one.accessKeyId).toMatch(/^ASIA/)
      expect(one.secretAccessKey.length).toBeGreaterThan(10)
      expect(one.sessionToken.length).toBeGreaterThan(10)
      expect(other.accessKeyId).not.toBe(one.accessKeyId)
    })

    test.each<[what: string, change: (ask: AssumeAsk) => AssumeAsk]>([
      ['an external id that the role does not trust', (ask) => ({ ...ask, externalId: 'a-stranger' })],
      ['a role that does not exist', (ask) => ({ ...ask, role: `${ask.role}-gone` })],
      [
        'a policy over 2,048 characters',
        (ask) => ({ ...ask, policy: policyFor(...Array.from({ length: 100 }, () => 'sqs:ListQueues')) }),
      ],
    ])('an ask with %s is refused, not unavailable', async (_what, change) => {
      const { broker, role } = await make()
      await expect(broker.assume(change(askOf(role)))).rejects.toThrow(BrokerRefused)
    })
  },
)

describe('the broker on STS', () => {
  useAws()

  test('a session has the wanted name, and the rights that both role and policy allow', async () => {
    const credentials = await new StsBroker(new MemoryLog()).assume(askOf(await makeTargetRole()))
    const { Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand({}))
    expect(Arn).toMatch(new RegExp(`/${requestId()}$`))
    const queues = new SQSClient({ credentials })
    await expect(queues.send(new ListQueuesCommand({}))).resolves.toBeDefined()
    await expect(queues.send(new CreateQueueCommand({ QueueName: 'forbidden' }))).rejects.toThrow(
      /not authorized|denied/i,
    )
  })

  test('a silent STS is unavailable, not a refusal', async () => {
    // Port 9 is `discard`: nothing listens there.
    const client = new STSClient({ endpoint: 'http://127.0.0.1:9', maxAttempts: 1 })
    await expect(
      new StsBroker(new MemoryLog(), client).assume(askOf('arn:aws:iam::000000000000:role/x')),
    ).rejects.toThrow(BrokerUnavailable)
  })
})
