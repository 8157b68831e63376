import { type EndingPorts, endCredentials } from '../../../functions/operations/credentials/end-credentials.ts'
import type { DenyCause } from '../../../functions/operations/credentials/ports.ts'
import { enderOf } from '../../../functions/targets/aws/reach.ts'

type Ports = Omit<EndingPorts, 'reach'> & Parameters<typeof enderOf>[0]

/** Writes denies as the Lambda of that name does. */
export const writeDenies = (role: string, causes: readonly DenyCause[], ports: Ports): Promise<void> =>
  endCredentials(role, causes, { ...ports, reach: enderOf(ports) })
