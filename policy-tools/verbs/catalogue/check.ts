// Rules: test/policies/catalogue/verbs.test.ts
import * as z from 'zod'
import { problemsIn } from '../../../functions/adapters/policy-folder/json-document.ts'
import { makeUpDeployment } from '../../../functions/adapters/policy-folder/made-up-deployment.ts'
import { readFolder } from '../../../functions/adapters/policy-folder/read-folder.ts'
import { settingsOf } from '../../../functions/domain/policy/bundle.ts'
import { checkAgainstIam } from '../../catalogue/against-iam.ts'
import { pinLines } from '../../catalogue/described.ts'
import { pinsOf } from '../../catalogue/pins.ts'
import { type Exit, exits, type Io, jsonText } from '../io.ts'
import { tellProblems } from '../open.ts'

/**
 * Tells for each entry of a policy folder which argument is pinned by which key. Exit 1 for a file that is not well
 * formed, and for a key, resource or action that IAM does not have.
 */
export const Options = z.object({ folder: z.string(), deployment: z.string().optional(), json: z.boolean() })

export async function run({ folder, deployment, json }: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const { folder: read, problems } = readFolder(folder, deployment ?? makeUpDeployment(folder))
  if (!read) return tellProblems(problems, json, io)
  const entries = read.actions.map(({ value, document }) => {
    const pins = pinsOf(value, settingsOf({ deployment: read.deployment.value }, value))
    return {
      name: value.name,
      file: document.file,
      ...pins,
      problems: problemsIn(document, (say) => checkAgainstIam(value, say)),
    }
  })
  const wrong = entries.flatMap((each) => each.problems)
  if (json) io.out(jsonText({ ok: wrong.length === 0, entries }))
  else {
    io.out(
      entries
        .map(
          ({ name, ...pins }) =>
            `${name}\n${pinLines(pins)
              .map((line) => `  ${line}\n`)
              .join('')}`,
        )
        .join('\n'),
    )
    if (wrong.length > 0) tellProblems(wrong, json, io)
  }
  return wrong.length === 0 ? exits.done : exits.problems
}
