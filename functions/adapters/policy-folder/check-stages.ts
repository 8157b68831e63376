// Rules: test/policies/bad-folder.test.ts
import { findApprovers, isApprovable } from '../../domain/policy/approvers.ts'
import { findFacts, questionOf, requestFacts } from '../../domain/policy/assess.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { type Filling, fillingOf } from '../../domain/policy/filling.ts'
import type { Tier } from '../../domain/policy/ladder.ts'
import { findBrokenRung, isAskCase, runCase } from '../../domain/policy/policy-case.ts'
import type { Ask, RequestFacts } from '../../domain/policy/question.ts'
import type { CompiledPolicies } from './compile-folder.ts'
import { type Problem, problemsIn } from './json-document.ts'
import type { Folder } from './read-folder.ts'

/** A question of a case, judged at a tier that permits it. */
type Decidable = { request: RequestFacts; now: number }

/** Checks that each tier can be met: by the people of the directory, for every question of a case. */
function checkStages({ cases, ladder }: Folder, bundle: Bundle, ask: Ask): Problem[] {
  const asks = cases.flatMap(({ value }) => value.cases.filter(isAskCase))

  const decidableAt = (tier: Tier): Decidable[] =>
    asks.flatMap(({ ask: asked, now }) => {
      const facts = findFacts(bundle, asked, now)
      if (!facts.ok) return []
      const { permit } = ask(questionOf(facts.value, asked, { moment: 'request', tier: tier.tier, now }))
      return permit ? [{ request: requestFacts(facts.value, asked, tier.tier), now }] : []
    })
  return bundle.ladder.tiers.flatMap((tier, index) => {
    const all: Filling[][] = []
    for (const { request, now } of decidableAt(tier)) {
      const { eligible } = findApprovers({ bundle, ask, requests: [request], tier, now })
      const fillings = tier.stages.map((terms) => fillingOf({ terms }, eligible))
      if (fillings.every(isMet) && isApprovable(tier, eligible)) return []
      all.push(fillings)
    }
    if (all.length === 0) return []
    return whyUnmet(tier, all).map(([path, message, fix]) =>
      ladder.document.report(['tiers', index, ...path], message, fix),
    )
  })
}

const isMet = ({ missing, own, wider, allNames }: Filling) =>
  own.length >= missing && (allNames.length === 1 || wider.length > 0)

type Reason = [path: (string | number)[], message: string, fix: string]

/** The reason why a tier cannot be met: a stage that cannot be filled, or stages that share too few people. */
function whyUnmet({ tier, stages }: Tier, all: readonly (readonly Filling[])[]): Reason[] {
  const most = (at: number, of: 'own' | 'wider') => Math.max(...all.map((fillings) => fillings[at]?.[of].length ?? 0))
  const reasons = stages.flatMap((stage, at): Reason[] => {
    const own = most(at, 'own')
    if (own < stage.quorum) {
      const needed = stage.quorum === 1 ? '1 person' : `${stage.quorum} people`
      const there = own === 0 ? 'no person' : `at most ${own}`
      const message = `stage \`${stage.name}\` of tier ${tier} needs ${needed}, and ${there} may decide it`
      const fix = 'lower the quorum, add people to the group, or permit `approve` to more of them'
      return [[['stages', at, 'quorum'], message, fix]]
    }
    if (stage.onSilence !== 'expire' && most(at, 'wider') === 0) {
      const message = `stage \`${stage.name}\` escalates to \`${stage.onSilence.escalateTo}\`, which no person may decide`
      const fix = 'permit `approve` for that stage name, or let the stage expire'
      return [[['stages', at, 'onSilence', 'escalateTo'], message, fix]]
    }
    return []
  })
  const shared = `tier ${tier} cannot be met: its stages share too few people, and no person decides two`
  return reasons.length > 0 ? reasons : [[['name'], shared, 'add people to the groups of its stages']]
}

/** Checks that the policies answer as their cases say, and that the cases cover them. */
export function checkCases(folder: Folder, bundle: Bundle, ask: Ask, index: CompiledPolicies['index']): Problem[] {
  return [
    ...checkRungs(folder, bundle, ask, index),
    ...runAll(folder, bundle, ask),
    ...checkForbids(folder, index),
    ...checkActions(folder),
    ...checkStages(folder, bundle, ask),
  ]
}

/** Finds policies by which more approval permits less, each once, with the first case that shows it. */
function checkRungs({ cases }: Folder, bundle: Bundle, ask: Ask, index: CompiledPolicies['index']): Problem[] {
  const found = new Map<string, Problem>()
  const fix = 'more approval never permits less: compare `context.approval.tier` with `>=` in a permit, `<` in a forbid'
  for (const policyCase of cases.flatMap(({ value }) => value.cases).filter(isAskCase)) {
    const { tier, below, by } = findBrokenRung(bundle, ask, policyCase.ask, policyCase.now) ?? { by: [] }
    for (const id of by) {
      const { file = '', line = 1, effect } = index[id] ?? {}
      const does = effect === 'permit' ? `permits at tier ${below} and not at` : `lets tier ${below} pass and refuses`
      const message = `\`${id}\` ${does} tier ${tier}, as case \`${policyCase.name}\` shows`
      if (!found.has(id)) found.set(id, { file, line, message, fix })
    }
  }
  return [...found.values()]
}

const runAll = ({ cases }: Folder, bundle: Bundle, ask: Ask): Problem[] =>
  cases.flatMap(({ value, document }) =>
    problemsIn(document, (say) =>
      value.cases.forEach((policyCase, at) => {
        const came = runCase(bundle, ask, policyCase)
        const message = `case \`${policyCase.name}\` fails: ${came}`
        if (came !== undefined)
          say(['cases', at, 'name'], message, 'correct the policy, or the expectation of the case')
      }),
    ),
  )

/**
 * Finds forbids without a case, which may be misspelt and forbid nothing. It skips observed ones, which cases cannot
 * meet.
 */
function checkForbids({ cases }: Folder, index: CompiledPolicies['index']): Problem[] {
  const met = new Set(
    cases.flatMap(({ value }) =>
      value.cases.flatMap(({ expect }) => [...expect.policies, ...('below' in expect ? expect.below : [])]),
    ),
  )
  const fix = 'add a case in cases/ that it refuses, naming it'
  return Object.entries(index).flatMap(([id, { file, line, effect, observes }]) =>
    effect === 'permit' || observes || met.has(id)
      ? []
      : [{ file, line, message: `no case meets the forbid \`${id}\``, fix }],
  )
}

/** Checks that each action has a case, which shows that its resource can be derived and has a rule. */
function checkActions({ actions, cases }: Folder): Problem[] {
  const asked = new Set(
    cases.flatMap(({ value }) =>
      value.cases.flatMap((each) =>
        'plan' in each ? [] : 'change' in each ? each.change.action : (each.ask?.action ?? []),
      ),
    ),
  )
  const fix = 'add a case in cases/, with the tier that the action should need'
  return actions.flatMap(({ value: { name }, document }) =>
    asked.has(name) ? [] : [document.report(['name'], `no case asks for \`${name}\``, fix)],
  )
}
