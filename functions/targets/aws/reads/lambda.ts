// Rules: test/targets/aws/reads/aws-reads.test.ts
import { GetFunctionConcurrencyCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { clientFor, type Read } from './client-for.ts'

const client = clientFor((settings) => new LambdaClient(settings))

export const getFunctionConcurrency: Read = ({ FunctionName }, settings, abortSignal) =>
  client(settings).send(new GetFunctionConcurrencyCommand({ FunctionName: String(FunctionName) }), { abortSignal })

export const getFunctionConfiguration: Read = ({ FunctionName }, settings, abortSignal) =>
  client(settings).send(new GetFunctionConfigurationCommand({ FunctionName: String(FunctionName) }), { abortSignal })
