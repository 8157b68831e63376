import { GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from '../../infra/local/emulator.ts'
import { parameters } from '../../infra/local/sample-target.ts'
import { UnusableOptions } from './options.ts'

/** What the story changes. Nothing else of the sample's target is needed. */
export const sample: readonly string[] = Object.keys(parameters)

/** @throws UnusableOptions where the account has one of them: it would be written over, and removed */
export async function checkSampleIsFree(aws: AwsAccess): Promise<void> {
  const { Parameters = [] } = await new SSMClient(clientSettings(aws)).send(
    new GetParametersCommand({ Names: [...sample] }),
  )
  const [taken] = Parameters
  if (taken) throw new UnusableOptions(`the account has a parameter ${taken.Name}: use one without. Nothing was done`)
}

export async function makeSample(aws: AwsAccess): Promise<void> {
  const ssm = new SSMClient(clientSettings(aws))
  for (const [Name, Value] of Object.entries(parameters))
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }))
}
