// Rules: test/policies/catalogue/verbs.test.ts
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { JsonObject } from '../../../functions/domain/values.ts'
import { iamAction, iamActionsOf } from '../../../functions/targets/aws/models/iam-reference.ts'
import { type Draft, draftEntry } from '../../catalogue/draft.ts'
import { isNever } from '../../catalogue/never.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from '../io.ts'
import { writeEntries, writtenText } from './write-entries.ts'

/** Writes a first entry of any AWS action into a policy folder, by IAM's service reference. */
export const Options = z.object({
  action: z.string(),
  policies: z.string().default('policies'),
  account: z.string().optional(),
  /** A file with the members of the call, as `aws SERVICE OPERATION --generate-cli-skeleton` prints them. */
  skeleton: z.string().optional(),
  json: z.boolean(),
})

export async function run(options: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { action, policies, account, skeleton, json } = options
  const drafted = draftEntry(known(action), skeleton === undefined ? undefined : read(skeleton))
  const entry = account === undefined ? drafted.entry : { ...drafted.entry, account }
  const written = writeEntries([{ name: String(entry['name']), entry }], policies)
  const { open, found, keysToDecide, resourceKeys } = drafted
  if (json) io.out(jsonText({ written, open, found, keysToDecide, resourceKeys, entry }))
  else io.out(`${openText(drafted, skeleton !== undefined)}\n${writtenText(written)}`)
  return exits.done
}

/** @throws WrongUsage */
function known(action: string) {
  const iam = iamAction(action)
  if (iam === undefined) {
    const operation = action.split(':')[1]?.toLowerCase() ?? ''
    const alike = iamActionsOf(action.split(':')[0]?.toLowerCase() ?? '').filter((each) =>
      each.toLowerCase().includes(operation.slice(0, 8)),
    )
    throw new WrongUsage(
      `IAM has no action \`${action}\``,
      alike.length > 0
        ? `it has ${alike.slice(0, 8).join(', ')}`
        : 'name it as IAM does, such as `ec2:RebootInstances`',
    )
  }
  if (isNever(iam.name))
    throw new WrongUsage(
      `no entry can do \`${iam.name}\`: the boundary of each target role refuses it`,
      'it leads to more rights, or ends the record of them; docs/targets/aws.md says which actions do',
    )
  return iam
}

/** @throws WrongUsage */
function read(file: string): JsonObject {
  try {
    return JsonObject.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new WrongUsage(
      `\`${file}\` is no skeleton of a call`,
      'write what `aws SERVICE OPERATION --generate-cli-skeleton` prints into a file, and name that',
      { cause },
    )
  }
}

function openText({ open, found, resourceKeys }: Draft, isWhole: boolean): string {
  const rest = isWhole
    ? ''
    : 'open      every other member of the call: IAM’s reference has no members. `--skeleton FILE` takes them from `aws ... --generate-cli-skeleton`\n'
  return [
    ...open.map((name) => `open      ${name}: no condition key compares it\n`),
    rest,
    ...found.map((name) => `pinned    by \`${name}\`\n`),
    resourceKeys.length > 0 ? `compared  by IAM with what the resource is: ${resourceKeys.join(', ')}\n` : '',
  ].join('')
}
