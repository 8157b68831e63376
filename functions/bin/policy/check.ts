import * as z from 'zod'
import { type Exit, exits, type Io, jsonText, problemText } from './io.ts'
import { openPolicies, type Policies } from './open.ts'

/** Says all that is wrong with a policy folder, as the build would. Exit 0 where nothing is, 1 otherwise. */
export const Options = z.object({
  folder: z.string(),
  deployment: z.string().optional(),
  json: z.boolean(),
})

export async function run({ folder, deployment, json }: z.infer<typeof Options>, io: Io): Promise<Exit> {
  const opened = openPolicies(folder, deployment === undefined ? {} : { deployment })
  if (!opened.ok) {
    const { problems } = opened
    io.out(json ? jsonText({ ok: false, problems }) : problemText(problems))
    const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    if (!json) io.err(`${many} in ${folder}${deployment === undefined ? `. ${whereMadeUp}` : ''}\n`)
    return exits.problems
  }
  const counts = countsOf(opened)
  const { hash } = opened.bundle
  const isMadeUp = deployment === undefined && opened.folder !== undefined
  if (json) io.out(jsonText({ ok: true, ...counts, hash, deployment: deployment ?? null }))
  else {
    io.out(
      `${folder}: ${counts.policies} policies for ${counts.actions} actions, and ${counts.cases} cases hold\n${hash}\n`,
    )
    if (isMadeUp) io.err('the hash is of a deployment that is made up: with `--deployment` it is that of your ledger\n')
  }
  return exits.done
}

const whereMadeUp =
  'Every alias counts as declared; resources that name an account or a Region of yours need `--deployment FILE`.'

const countsOf = ({ bundle, index, folder }: Policies) => ({
  policies: Object.keys(index).length,
  actions: Object.keys(bundle.actions).length,
  cases: (folder?.cases ?? []).reduce((sum, { value }) => sum + value.cases.length, 0),
})
