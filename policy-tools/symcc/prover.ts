// Rules: test/policies/changes/prove.test.ts
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { namesOf, type Property, refusedBy, type Verdict, withValue } from '../proof/property.ts'
import { type Assumption, assumptionsFor, boundsOf, conditionOf, nicetiesOf, text } from './assumptions.ts'
import type { CedarRequest } from './counterexample.ts'
import {
  CannotBeProved,
  evaluatingAll,
  parse,
  print,
  type RequestType,
  requestTypes,
  withApproval,
  withCalled,
  withSecondArguments,
} from './forms.ts'
import type { Answer, Found, Query, Side, Symcc } from './symcc.ts'

/** A counterexample, before it is put in the folder's words. */
export type Failure = { says: string; request: CedarRequest; answers: readonly Answer[] }
export type Proof = Exclude<Verdict, { outcome: 'fails' }> | { outcome: 'fails'; why: string; failure?: Failure }

/** Proves each property of a bundle by questions to `cedar symcc`. */
export class Prover {
  readonly #bundle: Bundle
  readonly #old: Bundle['policies']
  readonly #symcc: Symcc
  readonly #schema: Query['schema']
  readonly #possible = new Map<string, Promise<Found>>()

  /** @param old the older policies, which these must not exceed */
  constructor(bundle: Bundle, symcc: Symcc, old: Bundle['policies'] = {}) {
    this.#bundle = bundle
    this.#old = old
    this.#symcc = symcc
    this.#schema = { text: bundle.schema, format: 'cedar' }
  }

  async prove(property: Property): Promise<Proof> {
    try {
      switch (property.kind) {
        case 'more_approval':
          return await this.#moreApproval(property)
        case 'people':
          return await this.#people(property)
        case 'never_errs':
          return await this.#neverErrs(property)
        case 'left_open':
          return await this.#leftOpen(property)
        case 'no_wider':
          return await this.#noWider(property)
        case 'decides':
          return await this.#decides(property)
        default:
          return property satisfies never
      }
    } catch (cause) {
      if (cause instanceof CannotBeProved) return { outcome: 'unproved', why: cause.message }
      throw cause
    }
  }

  async #moreApproval({ action, from, to }: Extract<Property, { kind: 'more_approval' }>): Promise<Proof> {
    const given = assumptionsFor(this.#bundle, action, 'registered')
    const at = (tier: number) => mapValues(this.#policiesOf(action), (each) => withApproval(each, { tier }))
    const found = await this.#askNicely(action, given, (all) => ({
      goal: 'implies',
      sides: [{ ...at(from), ...outside(all) }, at(to)],
    }))
    return told(found, ([one, other]) => [
      `tier ${from} permits what tier ${to} refuses`,
      `at tier ${from} permitted by ${namesOf(one)}; at tier ${to} ${refusedBy(other)}`,
    ])
  }

  async #people({ action, environments }: Extract<Property, { kind: 'people' }>): Promise<Proof> {
    const within = `[${environments.map(text).join(', ')}].contains(context.resource.environment)`
    const given = [
      ...assumptionsFor(this.#bundle, action, 'registered'),
      { words: 'the environment is one of `people`', holds: within },
      // The agent that proposes a plan gets no credential. Each step has its own question.
      { words: 'the moment is not `plan`', holds: 'context.moment != "plan"' },
    ]
    const policies = mapValues(this.#policiesOf(action), (each) => withApproval(each, { tier: 0, opening: false }))
    const found = await this.#askNicely(action, given, (all) => ({
      goal: 'always-denies',
      sides: [{ ...policies, ...outside(all) }],
    }))
    return told(found, ([one]) => ['permitted without people', `at tier 0 permitted by ${namesOf(one)}`])
  }

  async #neverErrs({ action }: Extract<Property, { kind: 'never_errs' }>): Promise<Proof> {
    const given = assumptionsFor(this.#bundle, action, 'any')
    const registered = assumptionsFor(this.#bundle, action, 'registered')
    const policies = this.#policiesOf(action)
    for (const type of requestTypes(this.#bundle.schema, action)) {
      const impossible = await this.#impossible(type)
      if (impossible) return impossible
      const ask = (texts: readonly string[], all: readonly Assumption[]) => {
        const evaluated = evaluatingAll(texts, conditionOf(all))
        return this.#symcc.ask({ type, schema: this.#schema, goal: 'never-errors', sides: [{ evaluated }] })
      }
      const found = await ask(Object.values(policies), given)
      if (found.outcome === 'holds') continue
      if (found.outcome !== 'fails') return found
      for (const [id, each] of Object.entries(policies)) {
        const one = await ask([each], given)
        if (one.outcome !== 'fails') continue
        const [nicety] = nicetiesOf(this.#bundle, action).slice(-1)
        const nicer = nicety ? await ask([each], [...registered, nicety]) : one
        return told(nicer.outcome === 'fails' ? nicer : one, () => [
          `\`${id}\` errs`,
          `\`${id}\` errs, so the answer is no`,
        ])
      }
      return told(found, () => ['a policy errs', 'a policy errs, so the answer is no'])
    }
    return { outcome: 'holds' }
  }

  async #noWider({ action }: Extract<Property, { kind: 'no_wider' }>): Promise<Proof> {
    const old = this.#old[action] ?? {}
    const found = await this.#askNicely(action, assumptionsFor(this.#bundle, action, 'registered'), (all) => ({
      goal: 'implies',
      sides: [
        { ...this.#policiesOf(action), ...outside(all) },
        { ...old, ...(Object.keys(old).length === 0 && { none: 'forbid (principal, action, resource);' }) },
      ],
    }))
    return told(found, ([one, other]) => [
      'it permits what OLD refuses',
      `permitted by ${namesOf(one)}; under OLD ${refusedBy(other)}`,
    ])
  }

  async #leftOpen({ action, argument }: Extract<Property, { kind: 'left_open' }>): Promise<Proof> {
    const entry = this.#bundle.actions[action]
    if (!entry) return { outcome: 'unproved', why: `\`${action}\` is not in the catalogue` }
    const given = [
      ...assumptionsFor(this.#bundle, action, 'registered'),
      ...boundsOf(entry, 'context.called'),
      { words: `${argument} is left open`, holds: `context.unpinned.contains(${text(argument)})` },
    ]
    const policies = this.#policiesOf(action)
    const schema = { text: withSecondArguments(this.#bundle.schema, action), format: 'json' as const }
    const found = await this.#askNicely(
      action,
      given,
      (all) => ({
        goal: 'implies',
        sides: [{ ...policies, ...outside(all) }, mapValues(policies, (each) => withCalled(each, argument))],
      }),
      schema,
    )
    const valueIn = ({ context }: CedarRequest, of: string) =>
      withValue(argument, (context[of] as { [name: string]: unknown } | undefined)?.[argument])
    return told(found, ([one, other], request) => [
      `the requested value decides, but the call may have another \`${argument}\``,
      `asked for with ${valueIn(request, 'arguments')} it is permitted by ${namesOf(one)}; ` +
        `called with ${valueIn(request, 'called')}, which the credential allows, it would be ${refusedBy(other)}`,
    ])
  }

  /** Checks that an answer changes without the policy; otherwise it is dead or shadowed. */
  async #decides({ policy, effect, actions }: Extract<Property, { kind: 'decides' }>): Promise<Proof> {
    const places = actions.flatMap((action) => {
      const { [policy]: own, ...others } = this.#bundle.policies[action] ?? {}
      const given = conditionOf(assumptionsFor(this.#bundle, action, 'any'))
      return own === undefined
        ? []
        : requestTypes(this.#bundle.schema, action).map((type) => ({ type, own, others, given }))
    })
    for (const { type, own, others, given } of places) {
      const bound = outside([{ words: '', holds: given }])
      const sides: [Side, Side] = [
        { ...others, ...bound, [policy]: own },
        { ...others, ...bound },
      ]
      const found = await this.#symcc.ask({ type, schema: this.#schema, goal: 'equivalent', sides })
      if (found.outcome === 'fails') return { outcome: 'holds' }
      if (found.outcome !== 'holds') return found
    }
    return this.#whyNothing(effect, places)
  }

  async #whyNothing(
    effect: 'permit' | 'forbid',
    places: readonly { type: RequestType; own: string; others: Side; given: string }[],
  ): Promise<Proof> {
    const shadows = new Set<string>()
    let matches = false
    for (const { type, own, others, given } of places) {
      const alone = { own: asPermit(own), ...outside([{ words: '', holds: given }]) }
      const query = { type, schema: this.#schema }
      const reached = await this.#symcc.ask({ ...query, goal: 'always-denies', sides: [alone] })
      if (reached.outcome === 'holds') continue
      if (reached.outcome !== 'fails') return reached
      matches = true
      const alike = Object.entries(others).filter(([, each]) => parse(each).effect === effect)
      for (const [id, each] of alike) {
        const within = await this.#symcc.ask({ ...query, goal: 'implies', sides: [alone, { [id]: asPermit(each) }] })
        if (within.outcome === 'holds') shadows.add(id)
      }
    }
    if (!matches) return { outcome: 'fails', why: 'it is dead: its conditions hold for no possible question' }
    const by = [...shadows].map((id) => `\`${id}\``).join(', ')
    const otherwise =
      effect === 'forbid' ? 'no permit permits what it forbids' : 'other policies permit or refuse it all'
    return {
      outcome: 'fails',
      why: by ? `it is shadowed: each time it applies, so does ${by}` : `it is shadowed: ${otherwise}`,
    }
  }

  #policiesOf = (action: string): Side => this.#bundle.policies[action] ?? {}

  /** Prefers a counterexample that can be a case. */
  async #askNicely(
    action: string,
    given: readonly Assumption[],
    goal: (given: readonly Assumption[]) => Pick<Query, 'goal' | 'sides'>,
    schema = this.#schema,
  ): Promise<Found> {
    let found: Found = noQuestion
    for (const type of requestTypes(this.#bundle.schema, action)) {
      const impossible = await this.#impossible(type)
      if (impossible) return impossible
      const ask = (all: readonly Assumption[]) => this.#symcc.ask({ type, schema, ...goal(all) } as Query)
      found = await ask(given)
      if (found.outcome === 'holds') continue
      if (found.outcome !== 'fails') return found
      for (const nicety of nicetiesOf(this.#bundle, action)) {
        const nicer = await ask([...given, nicety])
        if (nicer.outcome === 'fails') return nicer
      }
      return found
    }
    return found
  }

  /**
   * Whether no question of this type is possible. Then every property would hold, which also exposes a broken solver.
   */
  async #impossible(type: RequestType): Promise<Exclude<Found, { outcome: 'fails' | 'holds' }> | undefined> {
    const key = JSON.stringify(type)
    const given = assumptionsFor(this.#bundle, type.action, 'registered')
    const side: Side = { all: 'permit (principal, action, resource);', ...outside(given) }
    const asked =
      this.#possible.get(key) ?? this.#symcc.ask({ type, schema: this.#schema, goal: 'always-denies', sides: [side] })
    this.#possible.set(key, asked)
    const found = await asked
    if (found.outcome === 'fails') return undefined
    return found.outcome === 'holds' ? noQuestion : found
  }
}

const noQuestion = {
  outcome: 'unproved',
  why: 'no question is possible: there is no agent, or no rule of resources.json for its resources',
} as const

/** Refuses every impossible question, so that it neither proves nor refutes anything. */
export const outside = (assumptions: readonly Assumption[]): Side => ({
  'hotwork-assumptions': `forbid (principal, action, resource) unless { ${conditionOf(assumptions)} };`,
})

const asPermit = (policy: string): string => print({ ...parse(policy), effect: 'permit' })

const mapValues = (side: Side, change: (text: string) => string): Side =>
  Object.fromEntries(Object.entries(side).map(([id, each]) => [id, change(each)]))

function told(
  found: Found,
  words: (answers: readonly Answer[], request: CedarRequest) => readonly [why: string, says: string],
): Proof {
  if (found.outcome !== 'fails') return found
  const [why, says] = words(found.answers, found.request)
  return { outcome: 'fails', why, failure: { says, request: found.request, answers: found.answers } }
}
