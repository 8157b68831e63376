import { PutParameterCommand, paginateGetParametersByPath, SSMClient } from '@aws-sdk/client-ssm'
import { type AwsAccess, clientSettings } from '../../local/emulator.ts'
import { parameters } from '../../local/sample-target.ts'
import { UnusableOptions } from './options.ts'

/** The paths below which chapters change and make parameters. They need nothing else of the sample's target. */
export const samplePaths: readonly string[] = [
  ...new Set(Object.keys(parameters).map((name) => name.slice(0, name.lastIndexOf('/')))),
]

/** @throws UnusableOptions if the account has a parameter there: it would be overwritten and removed */
export async function checkSampleIsFree(aws: AwsAccess): Promise<void> {
  const [taken] = await parametersBelow(aws, samplePaths)
  if (taken !== undefined)
    throw new UnusableOptions(`the account has a parameter ${taken}: use one without. Nothing was done`)
}

export async function parametersBelow(aws: AwsAccess, paths: readonly string[]): Promise<readonly string[]> {
  const client = new SSMClient(clientSettings(aws))
  const found: string[] = []
  for (const Path of paths)
    for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path, Recursive: true }))
      found.push(...Parameters.flatMap(({ Name }) => Name ?? []))
  return found
}

export async function makeSample(aws: AwsAccess): Promise<void> {
  const ssm = new SSMClient(clientSettings(aws))
  for (const [Name, Value] of Object.entries(parameters))
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }))
}
