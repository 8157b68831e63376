import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { timeoutParameter } from './checkout-service.ts'

/**
 * Puts the bad value back, as the administrator of the local stack. Takes the path of its local.json, if it is
 * elsewhere.
 */
const file = process.argv[2] ?? join(import.meta.dirname, '../../.hotwork/local.json')
const { aws } = JSON.parse(readFileSync(file, 'utf8')) as {
  aws: { endpointUrl: string; region: string; accessKeyId: string; secretAccessKey: string }
}
const ssm = new SSMClient({ endpoint: aws.endpointUrl, region: aws.region, credentials: aws })
await ssm.send(new PutParameterCommand({ Name: timeoutParameter, Value: '30', Type: 'String', Overwrite: true }))
process.stdout.write(`${timeoutParameter} is 30 now: checkout is unhealthy\n`)
