// Rules: test/targets/aws/runs/automation-and-build.test.ts
import { bounded } from '../../../adapters/aws-client.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { ModelCaller } from '../ports.ts'
import { toJson } from './aws-reads.ts'
import { callBy } from './model-call.ts'

/** Calls by models, each in one session: one attempt, since a lost answer may hide what was done. */
export class SdkModelCaller implements ModelCaller {
  async call({ model, arguments: args, account, credentials, milliseconds }: Parameters<ModelCaller['call']>[0]) {
    const expiration = new Date(Date.now() + milliseconds)
    const settings = { account, credentials: async () => ({ ...credentials, expiration }), ...bounded(1, milliseconds) }
    const { $metadata: _, ...answer } = (await callBy(model, settings)(
      args,
      AbortSignal.timeout(milliseconds),
    )) as JsonObject
    return toJson(answer) as JsonObject
  }
}
