import type { Bundle } from '../../domain/policy/bundle.ts'
import { findBrokenRung, isAskCase, runCase } from '../../domain/policy/policy-case.ts'
import type { Ask } from '../../domain/policy/question.ts'
import { checkStages } from './check-stages.ts'
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
      const broken = isAskCase(policyCase) ? findBrokenRung(bundle, ask, policyCase.ask, policyCase.now) : undefined
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
