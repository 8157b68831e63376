import { defined } from '../values.ts'
import type { Change, Changes } from './change.ts'
import type { Asker, Sides } from './diff-decisions.ts'

type Written = { text: string; shape: string; actions: readonly string[] }

/** Each policy once, with the actions in whose slice it is. */
function written({ bundle, reads }: Asker): ReadonlyMap<string, Written> {
  const all = new Map<string, Written>()
  for (const [action, slice] of Object.entries(bundle.policies)) {
    for (const [id, text] of Object.entries(slice)) {
      const actions = [...(all.get(id)?.actions ?? []), action].toSorted()
      all.set(id, { text, shape: reads[action]?.[id]?.shape ?? text, actions })
    }
  }
  return all
}

const unseen = 'no question found that it answers otherwise'

/** Policies as they are written: what no question reached is told here, so that no change is silent. */
export function diffPolicies(sides: Sides, told: Changes): readonly Change[] {
  const [before, after] = [written(sides.old), written(sides.new)]
  const explained = new Set([...told.widened, ...told.narrowed].map(({ policy }) => policy))
  const isAlike = (one: Written, other: Written) =>
    one.shape === other.shape && one.actions.join() === other.actions.join()
  const added = [...after].filter(([id]) => !before.has(id))
  const renamed = new Map<string, string>()
  for (const [id, policy] of before) {
    if (after.has(id)) continue
    const now = added.find(([other, it]) => isAlike(policy, it) && ![...renamed.values()].includes(other))
    if (now) renamed.set(id, now[0])
  }
  const names = new Set([...renamed.values()])
  const fileOf = (id: string) => sides.new.fileOf(id) ?? sides.old.fileOf(id) ?? ''
  const change = (kind: string, id: string, from: string, to: string): Change =>
    defined({ kind, file: fileOf(id), policy: id, from, to })
  return [
    ...[...renamed].map(([from, to]) => change('policy_renamed', to, `\`${from}\``, `\`${to}\`, otherwise as it was`)),
    ...[...before].flatMap(([id, policy]) => {
      if (explained.has(id) || renamed.has(id)) return []
      const now = after.get(id)
      if (!now) return change('policy_removed', id, wordsOf(policy), `is not there; ${unseen}`)
      if (policy.actions.join() !== now.actions.join())
        return change('policy_actions', id, wordsOf(policy), `${wordsOf(now)}; ${unseen}`)
      return policy.shape === now.shape
        ? []
        : change('policy_written_otherwise', id, 'as in OLD', `as in NEW; ${unseen}`)
    }),
    ...added.flatMap(([id, policy]) =>
      explained.has(id) || names.has(id)
        ? []
        : change('policy_added', id, 'is not there', `${wordsOf(policy)}; ${unseen}`),
    ),
  ]
}

const wordsOf = ({ text, actions }: Written) =>
  `a ${/^forbid\b/m.test(text) ? 'forbid' : 'permit'} about ${actions.length > 3 ? `${actions.length} actions` : actions.join(', ')}`
