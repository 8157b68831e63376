import {
  type AuthorizationAnswer,
  type DetailedError,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { Bundle } from '../../domain/bundle.ts'
import type { Answer, Question } from '../../domain/circumstances.ts'
import type { Policy } from '../../operations/policy-port.ts'
import { toCedar } from './cedar-question.ts'
import { membersRead, onlyMembers } from './context-members.ts'
import { rehearsal } from './rehearsal.ts'

/**
 * Answers with Cedar, in this process. Schema and policies are parsed once, one policy set for each action: Cedar has no
 * index inside, so a question costs what its own action's policies cost, however many there are in all.
 */
export class CedarPolicy implements Policy {
  readonly bundle: Bundle
  /** For each action, what its policies read of the context; undefined where that is all of it. */
  readonly #reads: ReadonlyMap<string, ReadonlySet<string> | undefined>

  /** @throws when the bundle's schema or policies do not parse: better no process than one that cannot decide */
  constructor(bundle: Bundle) {
    this.bundle = bundle
    this.#reads = new Map(
      Object.entries(bundle.policies).map(([action, slice]) => [action, membersRead(Object.values(slice))]),
    )
    demand(preparseSchema(schemaName(bundle), bundle.schema), 'schema')
    for (const [action, staticPolicies] of Object.entries(bundle.policies)) {
      demand(preparsePolicySet(policySetName(bundle, action), { staticPolicies }), `policies of ${action}`)
    }
    for (const question of rehearsal(bundle)) this.ask(question)
  }

  ask(question: Question): Answer {
    if (!this.#reads.has(question.action)) return failed([], `no policies for action ${question.action.slice(0, 64)}`)
    try {
      const call = {
        ...toCedar(question, this.bundle.actions[question.action]?.arguments),
        preparsedPolicySetId: policySetName(this.bundle, question.action),
      }
      // A use repeats what was validated when it was asked for and issued, and is in a hurry: the schema costs as much
      // again as the answer. Nothing in a policy set needs it: its policies are typed, and have no action left to match.
      if (question.kind === 'action' && question.moment === 'use') {
        // A use repeats what was validated when it was asked for and issued, and is in a hurry: the schema, and facts
        // that no policy reads, cost more than the answer. Its policies are typed, and have no action left to match.
        const reads = this.#reads.get(question.action)
        return read(statefulIsAuthorized(reads ? { ...call, context: onlyMembers(call.context, reads) } : call))
      }
      return read(
        statefulIsAuthorized({ ...call, preparsedSchemaName: schemaName(this.bundle), validateRequest: true }),
      )
    } catch (cause) {
      return failed([], String(cause))
    }
  }
}

// Cedar keeps what it has parsed under a name, for the whole process: the hash keeps two bundles apart.
const schemaName = ({ hash }: Bundle) => hash
const policySetName = ({ hash }: Bundle, action: string) => `${hash} ${action}`

/**
 * Cedar skips a policy that errors, a `forbid` too, and answers without it. So whatever is not a clean answer is a no:
 * a failed call, and any error beside an answer.
 */
function read(answer: AuthorizationAnswer): Answer {
  if (answer.type !== 'success') return failed([], messageOf(answer.errors))
  const { decision, diagnostics } = answer.response
  const policies = diagnostics.reason.toSorted()
  if (diagnostics.errors.length > 0) {
    const [first] = diagnostics.errors
    return failed(policies, `policy ${first?.policyId}: ${first?.error.message}`)
  }
  return { permit: decision === 'allow', policies }
}

const failed = (policies: readonly string[], detail: string): Answer => ({
  permit: false,
  policies,
  error: true,
  detail,
})

function demand(checked: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }, what: string): void {
  if (checked.type === 'failure') throw new TypeError(`the bundle's ${what}: ${messageOf(checked.errors)}`)
}

const messageOf = (errors: readonly DetailedError[]) => errors.map(({ message }) => message).join('; ')
