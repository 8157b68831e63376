// Rules: test/policies/changes/policy-reads.test.ts
import { type EntityUidJson, type PolicyJson, policyToJson, schemaToJson } from '@cedar-policy/cedar-wasm/nodejs'
import type { Fact } from '../../domain/policy/condition.ts'

/** Cedar's JSON form of a policy, from which everything about policies is read. */

/** @throws if the text is not a policy */
export function parsePolicy(text: string): PolicyJson {
  const parsed = policyToJson(text)
  if (parsed.type === 'failure') throw new TypeError(`not a policy: ${text}`)
  return parsed.json
}

/** A schema in Cedar's JSON form, which takes as long to read as all policies of a folder. */
export const parseSchema = readOnce(schemaToJson)

/** Caches the results for the last few texts: compared folders, and the proofs of one folder, share their schema. */
export function readOnce<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text) ?? read(text)
    known.set(text, found)
    const [oldest] = known.keys()
    if (known.size > mostRead && oldest !== undefined) known.delete(oldest)
    return found
  }
}

const mostRead = 4

export const plainUid = (uid: EntityUidJson) => ('__entity' in uid ? uid.__entity : uid)

/**
 * The path of an expression that starts at one of Cedar's variables, as in `context.arguments.Timeout`. Undefined for any
 * other expression.
 */
export function pathOf(expression: object): Fact | undefined {
  const { Var, '.': member } = expression as { Var?: string; '.'?: { left: object; attr: string } }
  if (Var !== undefined) return [Var]
  const before = member && pathOf(member.left)
  return before && [...before, member.attr]
}

/** The path of `context.arguments has Overwrite`; and of `context has arguments.Overwrite`, whose names are a list. */
export function pathOfHas(expression: object): Fact | undefined {
  const { has } = expression as { has?: { left: object; attr: string | readonly string[] } }
  const before = has && pathOf(has.left)
  return before && [...before, ...[has.attr].flat()]
}

/** All paths in an expression, each as long as possible. `of` recognizes a path. */
export function pathsIn(expression: unknown, of = pathOf): readonly Fact[] {
  if (typeof expression !== 'object' || expression === null) return []
  const path = of(expression)
  return path ? [path] : Object.values(expression).flatMap((each) => pathsIn(each, of))
}
