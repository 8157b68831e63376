import { type Expr, formatPolicies, type PolicyJson, policySetTextToParts } from '@cedar-policy/cedar-wasm/nodejs'
import type { Copy } from '../sample.ts'
import { expressionsOf, operandsOf, type Policy, policies, policyNamed, printed, rewrite } from './cedar-file.ts'

/** One way to write the same otherwise. */
type Rewrite = { name: string; apply: (copy: Copy) => void }

const agents = 'policies/agents.cedar'
const limits = 'policies/limits.cedar'

const parts = (text: string): readonly string[] => {
  const split = policySetTextToParts(text)
  if (split.type === 'failure') throw new Error('the policies do not parse')
  return split.policies
}

/** The first expression of a policy that this changes, so written. */
function changed({ json, id }: Policy, change: (expression: Expr) => Expr | undefined): PolicyJson {
  for (const { expression, replaced } of expressionsOf(json)) {
    const other = change(expression)
    if (other) return replaced(other)
  }
  throw new Error(`nothing of \`${id}\` was written otherwise`)
}

const named = (json: PolicyJson, id: string): PolicyJson => ({ ...json, annotations: { id } })

const bothHalves = (id: string) => {
  const policy = policyNamed(id)
  const half = (side: 'left' | 'right') => changed(policy, (each) => operandsOf(each, '||')?.[side])
  return (copy: Copy) => rewrite(copy, policy, [half('left'), named(half('right'), `${id}-too`)])
}

export const rewrites: readonly Rewrite[] = [
  {
    name: 'policies in another order',
    apply: (copy) => copy.edit(limits, (text) => parts(text).toReversed().join('\n\n')),
  },
  { name: 'no comments', apply: (copy) => copy.edit(limits, (text) => text.replace(/^\s*\/\/.*$/gm, '')) },
  {
    name: 'another layout',
    apply: (copy) =>
      copy.edit(agents, (policyText) => {
        const formatted = formatPolicies({ policyText, lineWidth: 40, indentWidth: 6 })
        return formatted.type === 'failure' ? policyText : formatted.formatted_policy
      }),
  },
  { name: 'a forbid with two alternatives as two forbids', apply: bothHalves('each-bot-does-its-own-work') },
  { name: 'and another', apply: bothHalves('an-assistant-that-works-at-night') },
  {
    name: 'operands of && the other way round',
    apply: (copy) => {
      for (const id of ['staging-with-the-owner', 'restricted-data-needs-security']) {
        const swap = (each: Expr) => {
          const and = operandsOf(each, '&&')
          return and && { '&&': { left: and.right, right: and.left } }
        }
        rewrite(copy, policyNamed(id), changed(policyNamed(id), swap))
      }
    },
  },
  {
    name: '!(a < b) for a >= b',
    apply: (copy) => {
      for (const policy of policies.filter(({ id }) =>
        ['prod-remediation', 'prod-release', 'prod-flags'].includes(id),
      )) {
        const least = (each: Expr) => {
          const compared = operandsOf(each, '>=')
          return compared && { '!': { arg: { '<': compared } } }
        }
        rewrite(copy, policy, changed(policy, least))
      }
    },
  },
  {
    name: 'a policy in another file',
    apply: (copy) => {
      const { file, text } = policyNamed('prod-flags')
      copy.edit(file, (whole) => whole.replace(text, ''))
      copy.add('policies/flags.cedar', text)
    },
  },
  {
    name: 'a set as alternatives',
    apply: (copy) => {
      const policy = policyNamed('prod-flags')
      const equal = (left: Expr, Value: string): Expr => ({ '==': { left, right: { Value } } })
      const alternatives = (each: Expr): Expr | undefined => {
        const { contains } = each as { contains?: { right: Expr } }
        return (
          contains && {
            '||': { left: equal(contains.right, 'autonomous'), right: equal(contains.right, 'supervised') },
          }
        )
      }
      rewrite(copy, policy, changed(policy, alternatives))
    },
  },
  {
    name: 'another @id',
    apply: (copy) => {
      const policy = policyNamed('security-lifts')
      rewrite(copy, policy, named(policy.json, 'security-may-lift'))
    },
  },
  {
    name: 'unless for when not',
    apply: (copy) => {
      const policy = policyNamed('a-known-purpose')
      const conditions = policy.json.conditions.map(({ body }) => ({
        kind: 'when' as const,
        body: { '!': { arg: body } },
      }))
      rewrite(copy, policy, { ...policy.json, conditions })
    },
  },
  {
    name: 'a permit of two alternatives as one',
    apply: (copy) => {
      const [one, other] = [policyNamed('security-reviews'), policyNamed('sre-reviews')]
      const text = printed(one.json).replace(
        /permit\s*\(\s*principal in Hotwork::Group::"security"/,
        'permit (\n  principal',
      )
      const group = (id: string) => `principal in Hotwork::Group::"${id}"`
      copy.edit(one.file, (whole) =>
        whole
          .replace(one.text, () => `${text.replace(/;\s*$/, '')} when { ${group('security')} || ${group('sre')} };`)
          .replace(other.text, ''),
      )
    },
  },
  {
    name: 'members and people of the files in another order',
    apply: (copy) => {
      copy.editJson('policies/directory.json', ({ people, groups }) => {
        people.reverse()
        for (const members of Object.values(groups)) if (Array.isArray(members)) members.reverse()
      })
      copy.editJson('policies/agents.json', ({ agents }) => agents.reverse())
    },
  },
]
