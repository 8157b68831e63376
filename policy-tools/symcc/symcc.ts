// Rules: test/policies/changes/prove.test.ts
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { type CedarRequest, readCounterexample } from './counterexample.ts'
import type { RequestType } from './forms.ts'
import { run } from './run.ts'
import type { Tools } from './tools.ts'

/** A policy set, by id. */
export type Side = { readonly [id: string]: string }

/** A question about all requests of a type. */
export type Query = { type: RequestType; schema: { text: string; format: 'cedar' | 'json' } } & (
  | { goal: 'implies' | 'equivalent'; sides: readonly [Side, Side] }
  | { goal: 'always-denies' | 'never-errors'; sides: readonly [Side] }
)

export type Found =
  | { outcome: 'holds' }
  | { outcome: 'fails'; request: CedarRequest; answers: readonly Answer[] }
  | { outcome: 'unproved' | 'fault'; why: string }

/** Cedar's own answer to a counterexample: each side's determining policies, and those that err. */
export type Answer = { permit: boolean; policies: readonly string[]; errs: readonly string[] }

/** `cedar symcc`, in a child process for each question. */
export class Symcc implements Disposable {
  readonly #tools: Tools
  readonly #limits: { milliseconds: number; signal: AbortSignal }
  readonly #folder = mkdtempSync(join(tmpdir(), 'hotwork-prove-'))
  readonly #files = new Map<string, string>()

  constructor(tools: Tools, limits: { milliseconds: number; signal: AbortSignal }) {
    this.#tools = tools
    this.#limits = limits
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async ask(query: Query): Promise<Found> {
    const { type, schema, goal, sides } = query
    const files = sides.map((side) => this.#fileOf(Object.values(side).join('\n')))
    const policies = files.length === 1 ? ['--policies', ...files] : ['--policies1', files[0], '--policies2', files[1]]
    const args = [
      ...['symcc', '--principal-type', type.principal, '--resource-type', type.resource],
      ...['--action', `Hotwork::Action::${JSON.stringify(type.action)}`],
      ...['--schema', this.#fileOf(schema.text), '--schema-format', schema.format],
      ...[goal, ...policies.filter((each) => each !== undefined)],
    ]
    const { milliseconds, signal } = this.#limits
    const env = { PATH: process.env['PATH'], CVC5: this.#tools.solver, NO_COLOR: '1' }
    const ran = await run(this.#tools.cedar, args, { env, milliseconds, signal })
    if (!ran.ended) {
      if (ran.why === 'late') return { outcome: 'unproved', why: `not proved within ${milliseconds / 1000} s` }
      if (ran.why === 'stopped') return { outcome: 'unproved', why: 'not asked: the time for all questions was up' }
      return { outcome: 'fault', why: ran.why === 'missing' ? '`cedar` is gone' : 'the output of `cedar` is too long' }
    }
    if (ran.code !== 0) return failedRun(ran.err)
    const isRefuted = /^✗/m.test(ran.out)
    if (!isRefuted && /^✓ .*: VERIFIED$/m.test(ran.out)) return { outcome: 'holds' }
    const request = /^✗ .*: DOES NOT HOLD$/m.test(ran.out) ? readCounterexample(ran.out) : undefined
    return request ? confirm(query, request) : { outcome: 'fault', why: `\`cedar\` answered ${short(ran.out)}` }
  }

  #fileOf(text: string): string {
    const known = this.#files.get(text)
    if (known !== undefined) return known
    const file = join(this.#folder, randomUUID())
    writeFileSync(file, text)
    this.#files.set(text, file)
    return file
  }
}

const short = (text: string) => JSON.stringify(text.trim().slice(0, 300))

function failedRun(err: string): Found {
  return /solver returned unknown/i.test(err)
    ? { outcome: 'unproved', why: 'the solver cannot tell' }
    : { outcome: 'fault', why: `\`cedar\` failed: ${short(err)}` }
}

/** Confirms a counterexample by Cedar itself, since a solver may be wrong. */
function confirm({ goal, sides, schema }: Query, request: CedarRequest): Found {
  const answers: Answer[] = []
  const typed = schema.format === 'json' ? JSON.parse(schema.text) : schema.text
  for (const staticPolicies of sides) {
    const answer = isAuthorized({ ...request, schema: typed, validateRequest: true, policies: { staticPolicies } })
    if (answer.type === 'failure') {
      const why = answer.errors.map(({ message }) => message).join('; ')
      return { outcome: 'fault', why: `the solver’s counterexample is wrong: ${why}` }
    }
    const { decision, diagnostics } = answer.response
    answers.push({
      permit: decision === 'allow',
      policies: diagnostics.reason.toSorted(),
      errs: diagnostics.errors.map(({ policyId }) => policyId),
    })
  }
  const [one, other] = answers
  const isOne = {
    implies: one?.permit && !other?.permit,
    equivalent: one?.permit !== other?.permit,
    'always-denies': one?.permit,
    'never-errors': one && one.errs.length > 0,
  }[goal]
  return isOne
    ? { outcome: 'fails', request, answers }
    : { outcome: 'fault', why: 'the solver’s counterexample is wrong: Cedar’s answer differs' }
}
