import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { clientSettings } from '../emulator.ts'
import type { Local } from '../local-file.ts'

/** A parameter's value as the local administrator sees it: what is really there, whoever claims to have done what. */
export async function readParameter(aws: Local['aws'], name: string): Promise<string | undefined> {
  const ssm = new SSMClient(clientSettings(aws))
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name }))
  ssm.destroy()
  return Parameter?.Value
}
