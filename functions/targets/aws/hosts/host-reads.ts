// Rules: test/targets/aws/probe-hosts.test.ts
import { bounded } from '../../../adapters/aws-client.ts'
import type { Account } from '../../../domain/policy/bundle.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { HostUnseen } from '../../../operations/faults.ts'
import { whyUnseen } from '../iam/host-simulator.ts'
import type { CredentialsFor } from '../iam/role-policies.ts'
import type { ReadModel } from '../models/read-model.ts'
import type { HostReads } from '../ports.ts'
import { callBy, type ReadSettings } from '../reads/model-call.ts'
import models from './models.json' with { type: 'json' }

/** The timeout of one read, with its retries. Milliseconds. */
const patienceMs = 15_000

/** Reads the configuration of hosts by the models of AWS's operations, in each account with its simulator's role. */
export class ModelledHostReads implements HostReads {
  readonly #credentialsFor: CredentialsFor

  constructor(credentialsFor: CredentialsFor = () => undefined) {
    this.#credentialsFor = credentialsFor
  }

  async read(action: keyof typeof models, args: JsonObject, account: Account): Promise<Json> {
    const signal = AbortSignal.timeout(patienceMs)
    const credentials = this.#credentialsFor(`arn:${account.partition}:iam::${account.accountId}:role/any`)
    const settings = { account, ...bounded(4, 5000), ...(credentials && { credentials }) } as ReadSettings
    try {
      return (await callBy(models[action] as unknown as ReadModel, settings)(args, signal)) as unknown as Json
    } catch (cause) {
      throw new HostUnseen(signal.aborted ? 'too_slow' : whyUnseen(cause), { cause })
    }
  }
}
