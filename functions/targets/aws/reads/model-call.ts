// Rules: test/targets/aws/reads/aws-reads.test.ts
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts'
import * as awsProtocols from '@aws-sdk/core/protocols'
import { makeBuilder } from '@smithy/core/client'
import { getEndpointPlugin } from '@smithy/core/endpoints'
import { NormalizedSchema } from '@smithy/core/schema'
import type { bounded } from '../../../adapters/aws-client.ts'
import type { Account } from '../../../domain/policy/bundle.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { namespace, type ReadModel, schemaOf } from '../models/read-model.ts'
import type { ReaderSessions } from './reader-sessions.ts'

export type ReadSettings = {
  account: Account
  credentials: ReturnType<ReaderSessions['of']>
} & ReturnType<typeof bounded>

/** AWS's answer in the SDK's form. */
export type ModelCall = (args: JsonObject, signal: AbortSignal) => Promise<object>

const protocols: { readonly [name: string]: unknown } = {
  AwsEc2QueryProtocol: awsProtocols.AwsEc2QueryProtocol,
  AwsJson1_0Protocol: awsProtocols.AwsJson1_0Protocol,
  AwsJson1_1Protocol: awsProtocols.AwsJson1_1Protocol,
  AwsQueryProtocol: awsProtocols.AwsQueryProtocol,
  AwsRestJsonProtocol: awsProtocols.AwsRestJsonProtocol,
  AwsRestXmlProtocol: awsProtocols.AwsRestXmlProtocol,
  AwsSmithyRpcV2CborProtocol: awsProtocols.AwsSmithyRpcV2CborProtocol,
}

const commandOf = makeBuilder(
  {
    Region: { type: 'builtInParams', name: 'region' },
    Endpoint: { type: 'builtInParams', name: 'endpoint' },
  },
  'Hotwork',
  'Reader',
  getEndpointPlugin,
)

/**
 * Calls one operation by its model. All AWS clients run the same code on the data of their service: this is the client
 * of STS, which Hotwork bundles anyway, with another service's data. Its connection stays open.
 */
export function callBy(model: ReadModel, { account, ...settings }: ReadSettings): ModelCall {
  const { protocol, service, operation } = model
  const endpoint = model.endpoints[account.partition]
  if (!protocols[protocol] || !endpoint) throw new TypeError(`a model of another version: ${protocol}`)
  const usual = endpoint.url.replace('{region}', account.region)
  const scheme = { name: 'sigv4', signingName: endpoint.signs, signingRegion: endpoint.region ?? account.region }
  const client = new STSClient({
    ...settings,
    region: account.region,
    protocol: protocols[protocol],
    protocolSettings: { ...model.settings, defaultNamespace: namespace },
    serviceId: service,
    endpointProvider: ({ Endpoint }: { Endpoint?: string }) => ({
      url: new URL(Endpoint ?? usual),
      properties: { authSchemes: [scheme] },
    }),
  } as STSClientConfig)
  const schema = schemaOf(model)
  const input = NormalizedSchema.of(schema[4] as never)
  const Command = commandOf({}, () => [], operation, schema as never)
  return (args, abortSignal) => client.send(new Command(toInput(args, input) as never) as never, { abortSignal })
}

/** JSON has bytes as base64 and times as text. */
function toInput(value: Json, schema: NormalizedSchema): unknown {
  if (typeof value === 'string') {
    if (schema.isBlobSchema()) return Buffer.from(value, 'base64')
    return schema.isTimestampSchema() ? new Date(value) : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (schema.isListSchema()) return (value as readonly Json[]).map((each) => toInput(each, schema.getValueSchema()))
  if (!schema.isMapSchema() && !schema.isStructSchema()) return value
  const of = (name: string) => (schema.isMapSchema() ? schema.getValueSchema() : schema.getMemberSchema(name))
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, toInput(each, of(name))]))
}
