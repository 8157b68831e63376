// Rules: test/targets/aws/calls/aws-calls.test.ts
import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
  type UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda'
import { using } from '../../../adapters/aws-client.ts'
import type { Json, JsonObject, NumericDate } from '../../../domain/values.ts'
import type { LookedUp } from '../../reach.ts'
import type { MediatedCall } from './sdk-caller.ts'

const clocksDifferSeconds = 30

/**
 * Changes a function's configuration. AWS's answer has all of it, with the environment's secrets, so only a part is
 * passed on.
 */
export const updateFunctionConfiguration: MediatedCall = {
  make: (args, settings, expected) =>
    using(new LambdaClient(settings), async (client) => {
      const RevisionId = expected?.['RevisionId']
      const only = typeof RevisionId === 'string' ? { RevisionId } : {}
      const input = { ...args, ...only } as unknown as UpdateFunctionConfigurationCommandInput
      return tell(await client.send(new UpdateFunctionConfigurationCommand(input)))
    }),
  lookUp: (args, begunAt, settings) =>
    using(new LambdaClient(settings), async (client) => {
      const FunctionName = String(args['FunctionName'])
      return compare(args, begunAt, await client.send(new GetFunctionConfigurationCommand({ FunctionName })))
    }),
}

function compare(args: JsonObject, begunAt: NumericDate, found: FunctionConfiguration): LookedUp {
  const modifiedAt = Date.parse(found.LastModified ?? '') / 1000
  if (Number.isNaN(modifiedAt)) return { found: 'unknown' }
  if (modifiedAt < begunAt - clocksDifferSeconds) return { found: 'not_done' }
  const { Timeout, MemorySize, Environment } = args
  const asAsked =
    (Timeout === undefined || Timeout === found.Timeout) &&
    (MemorySize === undefined || MemorySize === found.MemorySize) &&
    (Environment === undefined || sameVariables(Environment, found.Environment?.Variables ?? {}))
  return asAsked ? { found: 'done', output: tell(found) } : { found: 'unknown' }
}

function sameVariables(asked: Json, found: Record<string, string>): boolean {
  const variables = Object((asked as JsonObject)['Variables']) as JsonObject
  const names = Object.keys(variables)
  return names.length === Object.keys(found).length && names.every((name) => variables[name] === found[name])
}

/** The members of a configuration that show the change and its progress, without the environment. */
const told = [
  'FunctionName',
  'FunctionArn',
  'Timeout',
  'MemorySize',
  'LastModified',
  'LastUpdateStatus',
  'RevisionId',
  'State',
  'Version',
] as const satisfies (keyof FunctionConfiguration)[]

const tell = (configuration: FunctionConfiguration): JsonObject =>
  Object.fromEntries(told.flatMap((name) => (configuration[name] === undefined ? [] : [[name, configuration[name]]])))
