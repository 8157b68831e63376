// Rules: test/policies/changes/prove.test.ts, test/policies/changes/prove-tools.test.ts
import { availableParallelism } from 'node:os'
import * as z from 'zod'
import { cedar } from '../../functions/adapters/cedar/compile-cedar.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { type PersonAction, personActions, type Question } from '../../functions/domain/policy/question.ts'
import { type Digest, defined, type Json } from '../../functions/domain/values.ts'
import { changeQuestions } from '../change/change-questions.ts'
import { personPoints, personQuestionOf } from '../change/person-space.ts'
import type { Side } from '../change/question-space.ts'
import { listed, pointsOf } from '../proof/counterexample.ts'
import { type Judged, type Property, propertiesOf, type Verdict } from '../proof/property.ts'
import { type Asking, type Questions, randomQuestions, Sample } from '../proof/sample.ts'
import { assumptionsFor } from '../symcc/assumptions.ts'
import { type Proof, Prover } from '../symcc/prover.ts'
import { Symcc } from '../symcc/symcc.ts'
import { findTools } from '../symcc/tools.ts'
import { type Exit, type Io, WrongUsage } from './io.ts'
import { openPolicies, sideOf, tellProblems } from './open.ts'
import { readProveFile } from './prove-file.ts'
import { type Report, tellReport } from './prove-report.ts'

/**
 * Proves properties of all possible questions to a policy folder, or tests them on a sample. Exit 0 if all hold, 1 if
 * one is refuted or unproved, 2 if the proving programs are missing.
 */
export const Options = z.object({
  folder: z.string(),
  /** The older policies, which these must not exceed. */
  than: z.string().optional(),
  deployment: z.string().optional(),
  /** The number of random questions to test instead of a proof. */
  sample: z.int().min(1).max(1_000_000).optional(),
  seed: z.int().min(0).default(1),
  /** The limit of one question to the solver. Seconds. */
  limit: z.number().positive().max(3600).default(30),
  verbose: z.boolean().default(false),
  json: z.boolean(),
})
type Options = z.infer<typeof Options>

/** The limit of all questions together. Seconds. */
const mostInAll = 1800

export async function run(options: Options, io: Io): Promise<Exit> {
  const { folder, than, deployment, sample, seed, json } = options
  const opened = openPolicies(folder, { ...defined({ deployment }), evenIfCasesFail: true })
  if (!opened.ok) return tellProblems(opened.problems, json, io)
  const read = readProveFile(folder, opened)
  if (!read.ok) return tellProblems(read.problems, json, io)
  const old = than === undefined ? undefined : openPolicies(than, { ...defined({ deployment }), evenIfCasesFail: true })
  if (old && !old.ok) return tellProblems(old.problems, json, io)
  const { bundle, index } = opened
  const properties = propertiesOf(bundle, index, read.settings, old !== undefined)
  const began = performance.now()
  const finish = (judged: readonly Judged[], by: Report['by']): Exit => {
    const milliseconds = Math.round(performance.now() - began)
    const assumptions = 'tools' in by ? assumptionsOf(bundle) : {}
    const { settings } = read
    return tellReport({ judged, by, settings, index, assumptions, milliseconds, failing: opened.failing }, options, io)
  }
  const side = sideOf(opened)
  const asking = askingOf(side, old?.bundle)
  if (sample !== undefined) {
    const sampled = new Sample(bundle, asking, randomQuestions(side, { count: sample, seed }))
    const judged = await judgeAll(properties, 1, async (property) => sampled.judge(property))
    return finish(judged, { sample, seed })
  }
  const tools = await findTools(process.env)
  if (typeof tools === 'string') throw new WrongUsage('it cannot be proved on this machine', tools)
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), mostInAll * 1000)
  const onSignal = () => stop.abort()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.once(signal, onSignal)
  try {
    using symcc = new Symcc(tools, { milliseconds: options.limit * 1000, signal: stop.signal })
    const prover = new Prover(bundle, symcc, old?.bundle.policies)
    const judged = await judgeAll(properties, availableParallelism(), async (property) =>
      inWords(property, await prover.prove(property), side, asking),
    )
    return finish(judged, { tools: tools.versions })
  } finally {
    clearTimeout(timer)
    for (const signal of signals) process.off(signal, onSignal)
  }
}

function askingOf(side: Side, old: Bundle | undefined): Asking {
  const { bundle } = side
  const policy = cedar.open(bundle)
  const before = old && cedar.open(old)
  const others = new Map<string, ReturnType<typeof cedar.open>>()
  return {
    ask: (question) => policy.ask(question),
    ...defined({ askOld: before && ((question: Question) => before.ask(question)) }),
    askWithout(id) {
      const other = others.get(id) ?? cedar.open(without(bundle, id))
      others.set(id, other)
      return (question) => other.ask(question)
    },
    aboutPeople: (does) =>
      isPersonAction(does)
        ? personPoints([side], does, { most: mostOfPeople }).flatMap((at) => personQuestionOf(bundle, at) ?? [])
        : changeQuestions(bundle, does),
  }
}

const isPersonAction = (action: string): action is PersonAction => (personActions as readonly string[]).includes(action)

/** The most questions about each act of people. */
const mostOfPeople = 2000

/** All such bundles share one name in Cedar, where the next replaces the last. */
function without(bundle: Bundle, id: string): Bundle {
  const policies = Object.entries(bundle.policies).map(([action, { [id]: _, ...others }]) => [action, others])
  return { ...bundle, hash: 'without' as Digest, policies: Object.fromEntries(policies) }
}

async function judgeAll(
  properties: readonly Property[],
  width: number,
  judge: (property: Property) => Promise<Verdict>,
): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  let next = 0
  const work = async () => {
    for (let at = next++; at < properties.length; at = next++) {
      const property = properties[at] as Property
      const began = performance.now()
      const verdict = await judge(property)
      judged[at] = { property, verdict, milliseconds: Math.round(performance.now() - began) }
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  return judged
}

/** A solver's facts as an ask of this folder, if that breaks the property too. */
function inWords(property: Property, proof: Proof, side: Side, asking: Asking): Verdict {
  if (proof.outcome !== 'fails') return proof
  const { why, failure } = proof
  if (!failure) return { outcome: 'fails', why }
  const { says, request } = failure
  const facts = { principal: request.principal.id, action: request.action.id, context: request.context }
  const { called } = request.context as { called?: { readonly [argument: string]: Json } }
  const questions: Questions = {
    points: () => pointsOf(side, facts),
    values: (_, argument) => [{ value: called?.[argument] }],
  }
  const verdict = new Sample(side.bundle, asking, questions).judge(property)
  return verdict.outcome === 'fails' && verdict.counterexample?.case
    ? verdict
    : { outcome: 'fails', why, counterexample: { says, facts: listed(facts) } }
}

const assumptionsOf = (bundle: Bundle): Report['assumptions'] =>
  Object.fromEntries(
    Object.keys(bundle.actions).map((action) => [
      action,
      assumptionsFor(bundle, action, 'registered').map(({ words }) => words),
    ]),
  )
