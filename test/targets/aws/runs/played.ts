import { join } from 'node:path'
import type { Bundle } from '../../../../functions/domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../../functions/domain/policy/catalogue.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import { modelsOfAws } from '../../../../functions/targets/aws/models/check-by-reference.ts'
import type { AwsReader, ModelCaller } from '../../../../functions/targets/aws/ports.ts'
import { SdkModelCaller } from '../../../../functions/targets/aws/reads/sdk-model-caller.ts'
import { runOf } from '../../../../functions/targets/aws/rules/runs.ts'
import type { RunOf } from '../../../../functions/targets/aws/runs/describe-run.ts'
import { readLibrary } from '../../../../policy-tools/catalogue/library.ts'
import { account, answered, compiled } from '../../../policies/catalogue/answered.ts'

/** Entries of the library that start runs, in an account. */

const library = readLibrary(join(__dirname, '../../../../policy-tools/library'))

export function entryNamed(name: string): { entry: CatalogueEntry; example: JsonObject } {
  const shelved = library.find(({ entry }) => entry.name === name)
  if (!shelved) throw new Error(`the library has no ${name}`)
  return { entry: compiled(answered(shelved.entry)), example: shelved.example as JsonObject }
}

export function runNamed(name: string, at: Partial<typeof account> = {}): RunOf & { example: JsonObject } {
  const { entry, example } = entryNamed(name)
  const action = runOf(entry)
  if (!action) throw new Error(`${name} starts no run`)
  const own = { ...account, ...at }
  const bundle = {
    actions: { [name]: entry },
    models: modelsOfAws([entry]),
    ...{ show: { internal: 'part' }, resources: [] },
    deployment: { accounts: { target: own } },
  } as unknown as Bundle
  return { action, entry, account: own, bundle, example }
}

/** A reader that calls as the session of a name, which stands for the reader role. */
export const readerAs = (name: string, models: ModelCaller = new SdkModelCaller()): AwsReader => ({
  role: 'hotwork/Hotwork-reader',
  async read({ arguments: args, model }, of) {
    try {
      const credentials = { accessKeyId: name, secretAccessKey: 'secret', sessionToken: 'token' }
      const answer = await models.call({ model, arguments: args, account: of, credentials, milliseconds: 3000 })
      return { found: 'answer', answer }
    } catch (fault) {
      return { found: 'failed', why: 'unavailable', fault: (fault as Error).name }
    }
  },
})
