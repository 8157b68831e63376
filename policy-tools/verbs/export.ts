// Rules: test/policies/export.test.ts
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { exportPolicies } from '../../functions/targets/kubernetes/manifests/export.ts'
import { type Exit, exits, type Io, jsonText, WrongUsage } from './io.ts'
import { openPolicies, tellProblems } from './open.ts'

/**
 * Writes the files by which a target itself holds agents to their acts; with `check`, says which of them are missing or
 * differ. Exit 1 for a file that differs, and for entries that one policy cannot hold.
 */
export const Options = z.object({
  kind: z.literal('kubernetes'),
  target: z.string(),
  policies: z.string(),
  deployment: z.string(),
  /** Hotwork's address, as its tokens say it. */
  issuer: z.url(),
  out: z.string().optional(),
  check: z.boolean().default(false),
  json: z.boolean(),
})

export async function run(options: z.input<typeof Options>, io: Io): Promise<Exit> {
  const { target, policies, deployment, json, check = false } = options
  const opened = openPolicies(policies, { deployment })
  if (!opened.ok) return tellProblems(opened.problems, json, io)
  const { actions, deployment: told } = opened.bundle
  const { kind, ...settings } = told.targets?.[target] ?? { kind: undefined }
  if (kind !== options.kind)
    throw new WrongUsage(`\`${target}\` is not a target of the kind \`${options.kind}\``, `it is in ${deployment}`)
  const entries = Object.values(actions).filter((entry) => entry.target === target)
  const exported = exportPolicies(entries, settings, options.issuer.replace(/\/$/, ''))
  if (!exported.ok)
    throw new WrongUsage(`one policy cannot hold these entries: ${exported.problems.join('; ')}`, 'make them agree')
  const out = options.out ?? join(options.kind, target)
  const files = Object.entries(exported.files).map(([name, text]) => ({ file: join(out, name), text }))
  return check ? compare(files, exported.hash, json, io) : write(out, files, exported.hash, json, io)
}

type Files = readonly { file: string; text: string }[]

function compare(files: Files, hash: string, json: boolean, io: Io): Exit {
  const states = files.map(({ file, text }) => ({ file, state: stateOf(file, text) }))
  const wrong = states.filter(({ state }) => state !== 'current')
  if (json) io.out(jsonText({ ok: wrong.length === 0, hash, files: states }))
  else io.out(`${wrong.map(({ file, state }) => `${file}: ${state}\n`).join('')}${hash}\n`)
  return wrong.length === 0 ? exits.done : exits.problems
}

const stateOf = (file: string, text: string) => {
  if (!existsSync(file)) return 'missing'
  return readFileSync(file, 'utf8') === text ? 'current' : 'different'
}

function write(out: string, files: Files, hash: string, json: boolean, io: Io): Exit {
  try {
    mkdirSync(out, { recursive: true })
    for (const { file, text } of files) writeFileSync(file, text)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new WrongUsage(`\`${out}\` cannot be written (${code})`, 'name a folder of yours with `--out`', { cause })
  }
  if (json) io.out(jsonText({ ok: true, hash, files: files.map(({ file }) => file) }))
  else io.out(`${files.map(({ file }) => `${file}\n`).join('')}${hash}\n`)
  return exits.done
}
