// Rules: test/targets/aws/change-sets/change-digest.test.ts
import { canonicalForm, digestOf } from '../../../domain/digest.ts'
import type { Digest, Json } from '../../../domain/values.ts'
import type { DescribedStack, ReadSet } from './read-set.ts'

/**
 * The digest of everything that a change set will do and that AWS tells: it is also the guard, so it has the stack's last
 * update and the status of both.
 */
export const digestOfSet = (set: ReadSet, stack: DescribedStack, policy: string | undefined): Digest =>
  digestOf('hotwork.change-set.v1', {
    ...contentOf(set),
    stack: {
      id: stack.StackId,
      status: stack.StackStatus,
      updated: stack.LastUpdatedTime ?? stack.CreationTime ?? null,
      role: stack.RoleARN ?? null,
      policy: policy ?? null,
    },
  })

/** Members of an answer that are no content of it. */
const passing = ['$metadata', 'NextToken', 'CreationTime', 'StatusReason']

/** All members of the change set, so that a member that AWS adds later is pinned too. */
function contentOf({ set, template, nested }: ReadSet): { [name: string]: Json } {
  const members = Object.entries(set as { [name: string]: Json | undefined }).flatMap(([name, value]) =>
    passing.includes(name) || value === undefined
      ? []
      : [[name, Array.isArray(value) ? sorted(value) : value] as const],
  )
  return {
    set: Object.fromEntries(members),
    template,
    nested: Object.fromEntries([...nested].map(([id, each]) => [id, contentOf(each)])),
  }
}

/** AWS promises no order of a list. */
const sorted = (list: readonly Json[]): Json => {
  const forms = list.map((each) => ({ each, form: canonicalForm(each) }))
  return forms
    .sort((one, other) => (one.form < other.form ? -1 : Number(one.form > other.form)))
    .map(({ each }) => each)
}
