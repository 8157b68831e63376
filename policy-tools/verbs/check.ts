// Rules: test/policies/check.test.ts
import { writeFileSync } from 'node:fs'
import * as z from 'zod'
import type { Folder } from '../../functions/adapters/policy-folder/read-folder.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { PersonAction } from '../../functions/domain/policy/question.ts'
import { type Exit, exits, type Io, jsonText, problemText, WrongUsage } from './io.ts'
import { openPolicies, type Policies, writeSchema } from './open.ts'

/**
 * Lists all faults of a policy folder. The build is this too: the constructs run it for the bundle that it writes. Exit
 * 0 for a valid folder, 1 otherwise.
 */
export const Options = z.object({
  folder: z.string(),
  deployment: z.string().optional(),
  /** Updates the generated part of the schema first. */
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
  if (out !== undefined) write(out, `${JSON.stringify(opened.compiled, null, 2)}\n`)
  const { bundle, folder: own } = opened
  const { hash } = bundle
  const counts = countsOf(opened)
  const warnings = unrecorded(bundle)
  // A compiled bundle has passed its cases, and has its deployment.
  const more = own ? { cases: casesIn(own), hash, deployment: deployment ?? null } : { hash }
  if (json) {
    io.out(jsonText({ ok: true, ...counts, ...more, ...(warnings.length > 0 ? { warnings } : {}) }))
    return exits.done
  }
  const held = own ? `, and ${casesIn(own)} cases hold` : ''
  io.out(`${folder}: ${counts.policies} policies for ${counts.actions} actions${held}\n${hash}\n`)
  for (const warning of warnings) io.err(`warning: ${warning}\n`)
  if (own && deployment === undefined)
    io.err('the hash is of a deployment that is made up: with `--deployment` it is that of your ledger\n')
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
    throw new WrongUsage(`\`${file}\` cannot be written (${code})`, 'name a file in an existing folder', { cause })
  }
}

const whereMadeUp =
  'Every alias counts as declared; resources that name an account or a Region of yours need `--deployment FILE`.'

const countsOf = ({ bundle, index }: Policies) => ({
  policies: Object.keys(index).length,
  actions: Object.keys(bundle.actions).length,
})

const casesIn = ({ cases }: Folder): number => cases.reduce((sum, { value }) => sum + value.cases.length, 0)

/** Acts whose entries, if any, leave out the observed policies. */
const withoutRecord: readonly PersonAction[] = [
  'lift',
  'read',
  'allowStanding',
  'standIn',
  'erase',
  'recertify',
  'inspect',
]

/** Observed policies whose answers some or all entries leave out, so that they seem to change nothing. */
function unrecorded({ observed = {} }: Bundle): readonly string[] {
  const acts = new Map<string, string[]>()
  for (const act of withoutRecord)
    for (const id of Object.keys(observed[act] ?? {})) acts.set(id, [...(acts.get(id) ?? []), `\`${act}\``])
  return [...acts].map(
    ([id, all]) => `the effect of the observed policy \`${id}\` on ${all.join(', ')} is not recorded`,
  )
}
