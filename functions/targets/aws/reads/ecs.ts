// Rules: test/targets/aws/reads/aws-reads.test.ts
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { clientFor, type Read } from './client-for.ts'

const client = clientFor((settings) => new ECSClient(settings))

/** Omits a service's events, which are many and say nothing of its state. */
export const describeServices: Read = async ({ cluster, services }, settings, abortSignal) => {
  const command = new DescribeServicesCommand({ cluster: String(cluster), services: services as string[] })
  const { services: found = [], ...answer } = await client(settings).send(command, { abortSignal })
  return { ...answer, services: found.map(({ events: _, ...service }) => service) }
}
