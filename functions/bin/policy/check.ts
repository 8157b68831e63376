import { writeFileSync } from 'node:fs'
import * as z from 'zod'
import { type Exit, exits, type Io, jsonText, problemText, WrongUsage } from './io.ts'
import { openPolicies, type Policies, writeSchema } from './open.ts'

/**
 * Says all that is wrong with a policy folder. It is the build: the constructs run it too, for the bundle that it writes.
 * Exit 0 where nothing is wrong, 1 otherwise.
 */
export const Options = z.object({
  folder: z.string(),
  deployment: z.string().optional(),
  /** The generated part of the schema is brought up to date before. */
  writeSchema: z.boolean().default(false),
  out: z.string().optional(),
  json: z.boolean(),
})

export async function run(options: z.input<typeof Options>, io: Io): Promise<Exit> {
  const { folder, deployment, out, json } = options
  const opened = open(options)
  if (!opened.ok) {
    const { problems } = opened
    io.out(json ? jsonText({ ok: false, problems }) : problemText(problems))
    const many = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    if (!json) io.err(`${many} in ${folder}${deployment === undefined ? `. ${whereMadeUp}` : ''}\n`)
    return exits.problems
  }
  if (out !== undefined) write(out, `${JSON.stringify(opened.bundle, null, 2)}\n`)
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

function open({ folder, deployment, writeSchema: isStale = false }: z.input<typeof Options>) {
  const problems = isStale ? writeSchema(folder, deployment) : []
  if (problems.length > 0) return { ok: false as const, problems }
  return openPolicies(folder, deployment === undefined ? {} : { deployment })
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new WrongUsage(`\`${file}\` cannot be written (${code})`, 'name a file in a folder that is there', { cause })
  }
}

const whereMadeUp =
  'Every alias counts as declared; resources that name an account or a Region of yours need `--deployment FILE`.'

const countsOf = ({ bundle, index, folder }: Policies) => ({
  policies: Object.keys(index).length,
  actions: Object.keys(bundle.actions).length,
  cases: (folder?.cases ?? []).reduce((sum, { value }) => sum + value.cases.length, 0),
})
