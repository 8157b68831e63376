// Rules: test/policies/changes/diff.test.ts
import { defined } from '../../functions/domain/values.ts'
import type { Asker, Sides } from './asking.ts'
import type { Change, Changes } from './change.ts'
import { names, noReads, type Reads, readsTogether } from './policy-reads.ts'

type Written = { effect: 'permit' | 'forbid'; shape: string; actions: readonly string[]; reads: Reads }

/** Each policy once, with the actions whose slice it is in. */
function written({ bundle, reads }: Asker): ReadonlyMap<string, Written> {
  const all = new Map<string, Written>()
  for (const [action, slice] of Object.entries(bundle.policies)) {
    for (const [id, text] of Object.entries(slice)) {
      const actions = [...(all.get(id)?.actions ?? []), action].toSorted()
      const read = reads[action]?.[id] ?? { ...noReads, shape: text }
      all.set(id, { effect: /^forbid\b/m.test(text) ? 'forbid' : 'permit', shape: read.shape, actions, reads: read })
    }
  }
  return all
}

const unseen = 'no sampled answer changed'

/**
 * * Changes of policy texts that no sampled question showed. A change that could be wider counts as wider, because
 * questions are only a sample.
 */
export function diffPolicies(sides: Sides, told: Changes): Changes {
  const [before, after] = [written(sides.old), written(sides.new)]
  const [wider, narrower] = [told.widened, told.narrowed].map((all) => new Set(all.map(({ policy }) => policy)))
  const renamed = renamedOf(before, after)
  const newNames = new Set(renamed.values())
  const fileOf = (id: string) => sides.new.fileOf(id) ?? sides.old.fileOf(id) ?? ''
  const widened: Change[] = []
  const other: Change[] = []
  const tell = (isWider: boolean, kind: string, id: string, from: string, to: string) =>
    (isWider ? widened : other).push(defined({ kind, file: fileOf(id), policy: id, from, to }))
  for (const [from, to] of renamed) tell(false, 'policy_renamed', to, `\`${from}\``, `\`${to}\`, otherwise unchanged`)
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(id), after.get(id)]
    if (wider?.has(id) || renamed.has(id) || newNames.has(id)) continue
    // It is narrower somewhere, and may be wider elsewhere.
    if (narrower?.has(id) && !(was && is && couldBeWider(was, is, sides.old))) continue
    if (!was && is) tell(is.effect === 'permit', 'policy_added', id, 'absent', `${wordsOf(is)}; ${unseen}`)
    if (was && !is) tell(was.effect === 'forbid', 'policy_removed', id, wordsOf(was), `absent; ${unseen}`)
    if (!was || !is) continue
    if (was.effect !== is.effect || was.actions.join() !== is.actions.join())
      tell(reachesMore(was, is), 'policy_actions', id, wordsOf(was), `${wordsOf(is)}; ${unseen}`)
    else if (was.shape !== is.shape)
      tell(readsMore(is, sides.old), 'policy_written_otherwise', id, 'as in OLD', `as in NEW; ${unseen}`)
  }
  return { widened, narrowed: [], other }
}

function renamedOf(before: ReadonlyMap<string, Written>, after: ReadonlyMap<string, Written>) {
  const isAlike = (one: Written, other: Written) =>
    one.shape === other.shape && one.actions.join() === other.actions.join()
  const renamed = new Map<string, string>()
  for (const [id, policy] of before) {
    if (after.has(id)) continue
    const taken = new Set(renamed.values())
    const now = [...after].find(([other, it]) => !before.has(other) && !taken.has(other) && isAlike(policy, it))
    if (now) renamed.set(id, now[0])
  }
  return renamed
}

/** A permit with a new action, or a forbid without one of its actions. */
function reachesMore(was: Written, is: Written): boolean {
  if (was.effect !== is.effect) return is.effect === 'permit'
  const [less, more] = is.effect === 'permit' ? [was, is] : [is, was]
  return more.actions.some((action) => !less.actions.includes(action))
}

/** False for a permit that only gained conditions, for a forbid that only lost some, and if it reads nothing new. */
function couldBeWider(was: Written, is: Written, old: Asker): boolean {
  if (reachesMore(was, is)) return true
  const [less, more] = is.effect === 'permit' ? [was, is] : [is, was]
  return !less.reads.parts.every((part) => more.reads.parts.includes(part)) && readsMore(is, old)
}

/** True if it reads a fact, or compares one with a value, that is new to the policies about the same actions. */
function readsMore({ actions, reads: { paths, named } }: Written, old: Asker): boolean {
  const known = readsTogether(actions.flatMap((action) => Object.values(old.reads[action] ?? {})))
  const isNew = <T>(all: readonly T[], before: readonly T[] | undefined) => all.some((each) => !before?.includes(each))
  return (
    named.some(({ id }) => !names(known, id)) ||
    Object.entries(paths).some(([path, { numbers, texts, patterns }]) => {
      const was = known.paths[path]
      return !was || isNew(numbers, was.numbers) || isNew(texts, was.texts) || isNew(patterns, was.patterns)
    })
  )
}

const wordsOf = ({ effect, actions }: Written) =>
  `a ${effect} about ${actions.length > 3 ? `${actions.length} actions` : actions.join(', ')}`
