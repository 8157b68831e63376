// Rules: test/policies/changes/prove-tools.test.ts
import { run } from './run.ts'

/** The two programs that prove: Cedar's symbolic compiler, and its solver. */
export type Tools = { cedar: string; solver: string; versions: { cedar: string; solver: string } }

type Version = readonly [number, number, number]
/** Older versions have no `symcc`, or print it differently. */
const oldestCedar: Version = [4, 14, 0]
/** The version that cedar-policy-symcc requires. */
const oldestSolver: Version = [1, 3, 1]

const toAsk = 20_000
const how = 'docs/policy-changes.md says how to get it; `--sample N` needs neither program, and proves nothing'

/** @returns the tools, or a sentence about the missing one */
export async function findTools(env: NodeJS.ProcessEnv): Promise<Tools | string> {
  const cedar = env['HOTWORK_CEDAR'] ?? 'cedar'
  const solver = env['CVC5'] ?? 'cvc5'
  const ask = (program: string, ...args: string[]) => run(program, args, { env, milliseconds: toAsk })
  const [said, analyzes, answered] = await Promise.all([
    ask(cedar, '--version'),
    ask(cedar, 'symcc', '--help'),
    ask(solver, '--version'),
  ])
  const ofCedar = versionIn(said, /^cedar-policy-cli (\d+)\.(\d+)\.(\d+)/m)
  if (said.ended === false && said.why === 'missing') return `there is no program \`${cedar}\`. ${how}`
  if (!ofCedar) return `\`${cedar}\` does not say that it is Cedar's command line. ${how}`
  if (isOlder(ofCedar, oldestCedar))
    return `\`${cedar}\` is Cedar ${ofCedar.join('.')}, and ${oldestCedar.join('.')} is the oldest that works. ${how}`
  if (!analyzes.ended || analyzes.code !== 0) return `\`${cedar}\` was built without its feature \`analyze\`. ${how}`
  const ofSolver = versionIn(answered, /\bcvc5 version (\d+)\.(\d+)\.(\d+)/)
  if (answered.ended === false && answered.why === 'missing')
    return `there is no program \`${solver}\`, the solver that Cedar asks. ${how}`
  if (!ofSolver) return `\`${solver}\` does not say that it is cvc5; other solvers do not work. ${how}`
  if (isOlder(ofSolver, oldestSolver))
    return `\`${solver}\` is cvc5 ${ofSolver.join('.')}, and ${oldestSolver.join('.')} is the oldest that works. ${how}`
  return { cedar, solver, versions: { cedar: ofCedar.join('.'), solver: ofSolver.join('.') } }
}

function versionIn(ran: Awaited<ReturnType<typeof run>>, pattern: RegExp): Version | undefined {
  const [, major, minor, patch] = (ran.ended && ran.code === 0 && pattern.exec(ran.out)) || []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}

function isOlder(version: Version, than: Version): boolean {
  const at = version.findIndex((part, place) => part !== than[place])
  return at >= 0 && (version[at] ?? 0) < (than[at] ?? 0)
}
