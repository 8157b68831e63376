// Rules: test/stack/swift/hosts.test.ts
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { HostLook } from '../../operations/agents/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

/** Invokes the one function that may ask IAM about an agent's host. Its findings are in the agent's row. */
export const lambdaHostLook = (
  functionArn: string,
  log: Log,
  client: LambdaClient = asItself(new LambdaClient(bounded(1, 22_000))),
): HostLook => ({
  now: async (agent) => {
    try {
      const Payload = Buffer.from(JSON.stringify({ agent }))
      const { FunctionError } = await client.send(new InvokeCommand({ FunctionName: functionArn, Payload }))
      if (FunctionError !== undefined) log.warn('host_not_looked_at', { agent, fault: FunctionError })
    } catch (fault) {
      log.warn('host_not_looked_at', { agent, fault: faultName(fault) })
    }
  },
})
