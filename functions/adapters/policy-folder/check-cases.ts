import { findFacts, questionOf, requestFacts } from '../../domain/assess.ts'
import type { Bundle } from '../../domain/bundle.ts'
import type { Ask, RequestFacts } from '../../domain/circumstances.ts'
import type { Stage } from '../../domain/ladder.ts'
import { canFill } from '../../domain/matching.ts'
import { groupsOf } from '../../domain/organisation.ts'
import { type AskCase, findBrokenRung, type PolicyCase, runCase } from '../../domain/policy-case.ts'
import type { CompiledPolicies } from './policy-language.ts'
import type { Problem } from './problem.ts'
import type { Folder } from './read-folder.ts'

/** Do the policies answer as their cases say, and do the cases reach what they should? */
export function checkCases(folder: Folder, bundle: Bundle, ask: Ask, index: CompiledPolicies['index']): Problem[] {
  return [
    ...runAll(folder, bundle, ask),
    ...checkForbids(folder, index),
    ...checkActions(folder),
    ...checkStages(folder, bundle, ask),
  ]
}

function runAll({ cases }: Folder, bundle: Bundle, ask: Ask): Problem[] {
  return cases.flatMap(({ value, document }) =>
    value.cases.flatMap((policyCase, at) => {
      const name = `case \`${policyCase.name}\``
      const came = runCase(bundle, ask, policyCase)
      const problems =
        came === undefined
          ? []
          : [
              document.report(
                ['cases', at, 'name'],
                `${name} fails: ${came}`,
                'correct the policy, or what the case expects',
              ),
            ]
      const broken = isAsk(policyCase) ? findBrokenRung(bundle, ask, policyCase.ask, policyCase.now) : undefined
      if (broken) {
        const by = broken.answer.policies.map((id) => `\`${id}\``).join(', ') || 'no permit'
        const message = `${name}: tier ${broken.tier} is refused (${by}) although a lower tier is permitted`
        const fix =
          'more approval never permits less: compare `context.approval.tier` with `>=` in a permit, `<` in a forbid'
        problems.push(document.report(['cases', at, 'name'], message, fix))
      }
      return problems
    }),
  )
}

const isAsk = (policyCase: PolicyCase): policyCase is AskCase => !('person' in policyCase)

/** A forbid that no case meets may be misspelt, and then forbids nothing. */
function checkForbids({ cases }: Folder, index: CompiledPolicies['index']): Problem[] {
  const met = new Set(
    cases.flatMap(({ value }) =>
      value.cases.flatMap(({ expect }) => [...expect.policies, ...('below' in expect ? expect.below : [])]),
    ),
  )
  return Object.entries(index).flatMap(([id, { file, line, effect }]) =>
    effect === 'permit' || met.has(id)
      ? []
      : [
          {
            file,
            line,
            message: `no case meets the forbid \`${id}\``,
            fix: 'add a case in cases/ that it refuses, naming it',
          },
        ],
  )
}

/** A case for each action shows that its resource can be derived, and that something knows it. */
function checkActions({ actions, cases }: Folder): Problem[] {
  const asked = new Set(cases.flatMap(({ value }) => value.cases.flatMap(({ ask }) => ask?.action ?? [])))
  return actions.flatMap(({ value, document }) =>
    asked.has(value.name)
      ? []
      : [
          document.report(
            ['name'],
            `no case asks for \`${value.name}\``,
            'add one in cases/, with the tier it should need',
          ),
        ],
  )
}

/** Can each stage be met at all? Over everything that the cases ask and the tier permits, the most people who may decide it. */
function checkStages({ cases, ladder }: Folder, bundle: Bundle, ask: Ask): Problem[] {
  const asks = cases.flatMap(({ value }) =>
    value.cases.filter(isAsk).flatMap(({ ask: asked, now }) => {
      const facts = findFacts(bundle, asked, now)
      return facts.ok ? [{ facts: facts.value, asked, now }] : []
    }),
  )
  return bundle.ladder.tiers.flatMap((tier, index) => {
    const requests = asks.flatMap(({ facts, asked, now }) => {
      const { permit } = ask(questionOf(facts, asked, { moment: 'request', tier: tier.tier, now }))
      return permit ? [{ request: requestFacts(facts, asked, tier.tier), now }] : []
    })
    if (tier.stages.length === 0 || requests.length === 0) return []
    const peopleFor = (name: string): string[][] =>
      requests.map(({ request, now }) => decidersOf(bundle, ask, request, name, now))
    const deciders = tier.stages.map((stage) => namesOf(stage).map((name) => peopleFor(name)))
    const problems = tier.stages.flatMap((stage, at) => {
      const path = ['tiers', index, 'stages', at]
      const own = most(deciders[at]?.[0] ?? [])
      if (own < stage.quorum) {
        const message = `stage \`${stage.name}\` of tier ${tier.tier} needs ${people(stage.quorum)}, and ${own === 0 ? 'nobody' : `at most ${own}`} may decide it`
        return [
          ladder.document.report(
            [...path, 'quorum'],
            message,
            'lower the quorum, add people to the group, or permit `approve` to more of them',
          ),
        ]
      }
      if (stage.onSilence !== 'expire' && most(deciders[at]?.[1] ?? []) === 0) {
        const message = `stage \`${stage.name}\` escalates to \`${stage.onSilence.escalateTo}\`, which nobody may decide`
        return [
          ladder.document.report(
            [...path, 'onSilence', 'escalateTo'],
            message,
            'permit `approve` for that stage name, or let the stage expire',
          ),
        ]
      }
      return []
    })
    if (problems.length > 0) return problems
    const fillable = requests.some((_, request) =>
      canFill(
        tier.stages.map(({ quorum }, at) => ({
          quorum,
          people: (deciders[at] ?? []).flatMap((all) => all[request] ?? []),
        })),
      ),
    )
    return fillable
      ? []
      : [
          ladder.document.report(
            ['tiers', index, 'name'],
            `tier ${tier.tier} cannot be met: its stages share too few people, and nobody decides two`,
            'add people to the groups of its stages',
          ),
        ]
  })
}

const namesOf = ({ name, onSilence }: Stage) => (onSilence === 'expire' ? [name] : [name, onSilence.escalateTo])
const most = (requests: readonly (readonly string[])[]) => Math.max(0, ...requests.map((deciders) => deciders.length))
const people = (count: number) => (count === 1 ? '1 person' : `${count} people`)

const decidersOf = (bundle: Bundle, ask: Ask, request: RequestFacts, stage: string, now: number): string[] =>
  bundle.directory.people
    .filter(({ id, status }) => status === 'active' && !request.owners.includes(id))
    .filter(({ id }) => {
      const person = { id, groups: groupsOf(bundle.directory, id) }
      return ask({ kind: 'person', action: 'approve', person, request, stage, now }).permit
    })
    .map(({ id }) => id)
