// Rules: test/policies/changes/diff-files.test.ts
import { maxAgeOf } from '../../functions/domain/people/identity-issuer.ts'
import type { Agent } from '../../functions/domain/people/organisation.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../functions/domain/policy/catalogue.ts'
import { limitsOf, rateOf } from '../../functions/domain/policy/ladder.ts'
import type { Json, JsonObject } from '../../functions/domain/values.ts'

/**
 * A bundle as a JSON document whose members are compared: everything except policies, which Cedar decides, rules of
 * resources, and models of reads, which follow from the reads. Usual values are written out.
 */
export function comparable(bundle: Bundle): JsonObject {
  const { hash: _, policies: __, resources: ___, models: ____, observed = {}, ...rest } = bundle
  const { ladder, deployment } = bundle
  return {
    ...rest,
    // The rest is generated from the catalogue.
    schema: bundle.schema.split(/^ *\/\/ Generated from /m)[0]?.split('\n'),
    actions: mapValues(bundle.actions, comparableEntry),
    ladder: {
      ...ladder,
      limits: {
        ...limitsOf(ladder),
        submissions: rateOf(ladder, 'submissions'),
        evaluations: rateOf(ladder, 'evaluations'),
        heldReads: rateOf(ladder, 'heldReads'),
      },
    },
    agents: bundle.agents.map(comparableAgent),
    deployment: {
      ...deployment,
      issuers: mapValues(deployment.issuers, (issuer) => ({ ...issuer, maxAge: maxAgeOf(issuer) })),
    },
    observed: Object.assign({}, ...Object.values(observed)),
  } as unknown as JsonObject
}

const mapValues = <T, U>(all: { readonly [name: string]: T }, change: (each: T) => U): { [name: string]: U } =>
  Object.fromEntries(Object.entries(all).map(([name, each]) => [name, change(each)]))

/** Owner and backup owner have the same rights, so their order is irrelevant. */
const comparableAgent = ({ owner, backupOwner, ...agent }: Agent) => ({
  ...agent,
  answers: backupOwner === undefined ? [owner] : [owner, backupOwner],
})

function comparableEntry({ statement, reads = [], ...others }: CatalogueEntry) {
  const rights = reads.flatMap(({ actions, resources }) => actions.map((action) => [action, resources]))
  const entry = { ...others, ...(rights.length > 0 && { reads: Object.fromEntries(rights) }) }
  if (!statement) return entry
  const { conditions = {}, whenAbsent = {}, ...rest } = statement
  const held = { conditions: comparableConditions(conditions), whenAbsent: mapValues(whenAbsent, comparableConditions) }
  return { ...entry, statement: { ...rest, ...held } }
}

type Conditions = NonNullable<NonNullable<CatalogueEntry['statement']>['conditions']>

/** By operator and key. An operator with `IfExists` permits a call without the key. */
function comparableConditions(conditions: Conditions = {}): JsonObject {
  const all: { [name: string]: Json } = {}
  for (const [operator, keys] of Object.entries(conditions))
    for (const [key, templates] of Object.entries(keys)) {
      const plain = operator.replace(/IfExists$/, '')
      const isBoth = plain !== operator && conditions[plain]?.[key] !== undefined
      all[`${isBoth ? operator : plain} ${key}`] = { ifExists: plain !== operator, values: [templates].flat() }
    }
  return all
}
