// Rules: test/policies/fail-closed.test.ts
import type { AuthorizationAnswer, DetailedError } from '@cedar-policy/cedar-wasm/nodejs'
import { preparsePolicySet, preparseSchema, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Change, Explainer } from '../../domain/policy/condition.ts'
import type { Answer, Ask, Question } from '../../domain/policy/question.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import { type CedarQuestion, toCedar, withChanges } from './cedar-question.ts'
import { ParsedOnce } from './parsed-once.ts'
import { rehearsal } from './rehearsal.ts'
import { weigh } from './weigh.ts'

/**
 * Parses one policy set for each action: Cedar has no index inside, so a question costs as much as the policies of its
 * action.
 */
export class CedarPolicy implements Policy {
  readonly bundle: Bundle
  readonly observing?: Ask
  /** The policies of each action, as JSON. */
  readonly #slices = new Map<string, string>()

  /** @throws if the bundle's schema or policies do not parse: a process that cannot decide must not start */
  constructor(bundle: Bundle) {
    this.bundle = bundle
    this.#schemaName()
    for (const [action, policies] of Object.entries(bundle.policies)) this.#addSlice(action, policies)
    const { observed } = bundle
    if (observed) {
      for (const [action, own] of Object.entries(observed))
        this.#addSlice(observedSlice(action), { ...bundle.policies[action], ...own })
      this.observing = (question) =>
        Object.hasOwn(observed, question.action)
          ? this.#ask(question, observedSlice(question.action), observingAnswerOf)
          : this.ask(question)
    }
    for (const question of rehearsal(bundle)) this.ask(question)
  }

  readonly explainer: Explainer = {
    weigh: (question) => {
      try {
        return weigh(this.bundle, question.action, this.#inCedar(question))
      } catch {
        return undefined
      }
    },
    askIf: (question, changes) => this.#ask(question, question.action, answerOf, changes),
  }

  ask(question: Question): Answer {
    return this.#ask(question, question.action, answerOf)
  }

  #inCedar(question: Question): CedarQuestion {
    return toCedar(question, this.bundle)
  }

  // Looks up both names each time, since Cedar's cache may have replaced their texts.
  #schemaName(): string {
    const { hash, schema } = this.bundle
    return schemas.nameOf(schema, hash, 'schema')
  }

  #setName(slice: string): string {
    return policySets.nameOf(this.#slices.get(slice) ?? '', `${this.bundle.hash} ${slice}`, `policies of ${slice}`)
  }

  #addSlice(slice: string, policies: { readonly [id: string]: string }): void {
    this.#slices.set(slice, JSON.stringify(policies))
    this.#setName(slice)
  }

  #ask(
    question: Question,
    slice: string,
    answerIn: (answer: AuthorizationAnswer) => Answer,
    changes: readonly Change[] = [],
  ): Answer {
    if (!Object.hasOwn(this.bundle.policies, question.action))
      return failed([], `the bundle has no policies for action ${question.action.slice(0, 64)}`)
    try {
      const call = { ...withChanges(this.#inCedar(question), changes), preparsedPolicySetId: this.#setName(slice) }
      // A use repeats a question that was validated at the request and the issue. Validation would double the cost, and
      // answers do not depend on it.
      if (question.kind === 'action' && question.moment === 'use') return answerIn(statefulIsAuthorized(call))
      const schema = { preparsedSchemaName: this.#schemaName(), validateRequest: true }
      return answerIn(statefulIsAuthorized({ ...call, ...schema }))
    } catch (cause) {
      return failed([], String(cause))
    }
  }
}

const observedSlice = (action: string) => `${action} observed`

const schemas = new ParsedOnce(preparseSchema)
const policySets = new ParsedOnce((name, policies) =>
  preparsePolicySet(name, { staticPolicies: JSON.parse(policies) as { [id: string]: string } }),
)

/**
 * Cedar skips a policy that errors, a `forbid` too, and answers without it. So only an answer without errors can
 * permit.
 */
function answerOf(answer: AuthorizationAnswer): Answer {
  if (answer.type !== 'success') return failed([], messageOf(answer.errors))
  const { decision, diagnostics } = answer.response
  const policies = diagnostics.reason.toSorted()
  if (diagnostics.errors.length > 0) {
    const [first] = diagnostics.errors
    return failed(policies, `policy ${first?.policyId}: ${first?.error.message}`)
  }
  return { permit: decision === 'allow', policies }
}

/** Names the policies that erred too, since no decision depends on an observing answer. */
function observingAnswerOf(answer: AuthorizationAnswer): Answer {
  const errors = answer.type === 'success' ? answer.response.diagnostics.errors : []
  const erred = errors.map(({ policyId }) => policyId)
  return errors.length > 0 ? { ...answerOf(answer), policies: erred.toSorted() } : answerOf(answer)
}

const failed = (policies: readonly string[], detail: string): Answer => ({
  permit: false,
  policies,
  error: true,
  detail,
})

const messageOf = (errors: readonly DetailedError[]) => errors.map(({ message }) => message).join('; ')
