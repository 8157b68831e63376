// Rules: test/policies/changes/diff.test.ts
import { relative } from 'node:path'
import * as z from 'zod'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import { formatProblem, type Problem } from '../../functions/adapters/policy-folder/json-document.ts'
import { exact, inert } from '../../functions/domain/inert.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { defined } from '../../functions/domain/values.ts'
import type { Asker } from '../change/asking.ts'
import type { Change } from '../change/change.ts'
import { alikeTogether, diffBundles, onSameGround, type Told } from '../change/diff.ts'
import type { ProveFiles } from '../change/diff-files.ts'
import { type Exit, exits, type Io, jsonText } from './io.ts'
import { openPolicies, type Policies, sideOf, tellProblems } from './open.ts'
import { readProveFile } from './prove-file.ts'

/** Tells where NEW permits more than OLD, and where less, each with an example. Exit 6 if something widened. */
export const Options = z.object({
  old: z.string(),
  new: z.string(),
  deployment: z.string().optional(),
  accept: z.boolean().default(false),
  /** One entry for each action. */
  questions: z.int().positive().default(400),
  json: z.boolean(),
})

/** Constant, so that two people who compare the same files see the same result. */
const seed = 15

export async function run(options: z.input<typeof Options>, io: Io): Promise<Exit> {
  const { accept, questions, json } = Options.parse(options)
  const opened = [options.old, options.new].map((path) => ({
    path,
    ...openPolicies(path, defined({ deployment: options.deployment, evenIfCasesFail: true })),
  }))
  const problems = opened.flatMap((side) => (side.ok ? [] : side.problems))
  const [old, now] = opened
  if (!old?.ok || !now?.ok) {
    const sides = [...(old?.ok ? [] : ['OLD']), ...(now?.ok ? [] : ['NEW'])].join(' and ')
    if (!json) io.err(`${sides} does not compile:\n`)
    return tellProblems(problems, json, io)
  }
  const prove = proveFiles(old, now)
  if (!prove.ok) return tellProblems(prove.problems, json, io)
  const isMadeUp = (side: Policies) => side.folder !== undefined && options.deployment === undefined
  const bundleOf = (side: Policies, other: Policies) =>
    isMadeUp(side) && !isMadeUp(other) ? onSameGround(side.bundle, other.bundle) : side.bundle
  const sides = {
    old: askerOf(old, bundleOf(old, now), old.path),
    new: askerOf(now, bundleOf(now, old), now.path),
    seed,
    most: questions,
  }
  const deployment = !isMadeUp(old) && !isMadeUp(now)
  const changes = diffBundles(sides, { deployment, ...defined({ prove: prove.files }) })
  const cases = now.failing.map((problem) => ({ ...problem, file: relative(now.path, problem.file) }))
  io.out(json ? jsonText({ ...changes, cases }) : describe({ ...changes, cases }))
  if (changes.widened.length === 0 || accept) return exits.done
  if (!json) io.err('NEW permits more than OLD. If you intend this, add `--accept`.\n')
  return exits.widens
}

type OpenedAt = Policies & { path: string }
type Proven = { ok: true; files?: ProveFiles } | { ok: false; problems: readonly Problem[] }

/** A bundle has no `prove.json`. */
function proveFiles(old: OpenedAt, now: OpenedAt): Proven {
  if (!old.folder || !now.folder) return { ok: true }
  const [was, is] = [readProveFile(old.path, old), readProveFile(now.path, now)]
  if (was.ok && is.ok) return { ok: true, files: { old: was.settings, new: is.settings } }
  return { ok: false, problems: [was, is].flatMap((side) => (side.ok ? [] : side.problems)) }
}

function askerOf(opened: Policies, bundle: Bundle, path: string): Asker {
  const { index, folder } = opened
  const policy = cedar.open(bundle)
  return {
    ...sideOf({ ...opened, bundle }),
    ask: (question) => policy.ask(question),
    fileOf: (id) => {
      const file = index[id]?.file ?? folder?.actions.find(({ value }) => value.name === id)?.document.file
      return file === undefined ? undefined : relative(path, file) || file
    },
  }
}

type Described = { [heading in 'widened' | 'narrowed' | 'other']: readonly Change[] } & { cases: readonly Problem[] }

function describe({ widened, narrowed, other, cases }: Described): string {
  const parts = [
    part('Widened', alikeTogether(widened).flatMap(linesOf)),
    part('Narrowed', alikeTogether(narrowed).flatMap(linesOf)),
    part('Other', alikeTogether(other).flatMap(linesOf)),
    part(`Cases of NEW that fail: ${cases.length}`, casesTold(cases)),
  ].filter((text) => text !== '')
  return parts.length === 0 ? 'No difference.\n' : parts.join('\n')
}

/** The most failing cases listed: `check` lists them all. */
const mostCases = 10

const casesTold = (cases: readonly Problem[]): string[] => [
  ...cases.slice(0, mostCases).map(formatProblem),
  ...(cases.length > mostCases ? [`and ${cases.length - mostCases} more: \`policy check\` lists them all`] : []),
]

const part = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${heading}\n${lines.map((line) => `  ${line}\n`).join('')}`

/** People's texts are made inert, because a terminal obeys escapes. */
function linesOf({ file, policy, person, who, actions, from, to, example }: Told): string[] {
  const place = policy === undefined ? file : `${file}: ${policy}`
  const what = person === undefined ? actions : []
  const about = [who.join(', '), what.join(', ')].filter((text) => text !== '').join(' for ')
  return [
    `${inert(place)}${about === '' ? '' : `: ${inert(about)}`}`,
    `  ${inert(from)} → ${inert(to)}`,
    ...(example === undefined ? [] : [`  example: ${exact(example)}`]),
  ]
}
