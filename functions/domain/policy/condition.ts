// Rules: test/policies/explain.test.ts
import type { Json } from '../values.ts'
import type { ActionQuestion, Answer, Question } from './question.ts'

/** A fact that a policy reads: `['context', 'resource', 'environment']`, `['principal']`. */
export type Fact = readonly string[]
export type Literal = string | number | boolean
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

/** A policy's test of a fact. `not` negates it. */
export type FactTest =
  | { kind: 'compared'; fact: Fact; by: Comparison; to: Literal }
  | { kind: 'among'; fact: Fact; values: readonly Literal[]; not: boolean }
  | { kind: 'contains'; fact: Fact; value: Literal; not: boolean }
  | { kind: 'empty'; fact: Fact; not: boolean }
  | { kind: 'like'; fact: Fact; pattern: string; not: boolean }
  | { kind: 'present'; fact: Fact; not: boolean }
  | { kind: 'true'; fact: Fact; not: boolean }
  | { kind: 'entity'; fact: Fact; by: '==' | 'in' | 'is'; to: string; not: boolean }
/** A test without words of its own, in Cedar's text. */
export type OtherTest = { kind: 'other'; text: string; facts: readonly Fact[] }
export type Test = FactTest | OtherTest | { kind: 'either'; ways: readonly (readonly Condition[])[] }

/** `unreached`: an earlier condition stops the policy, and this one fails too. */
export type Holds = 'yes' | 'no' | 'unreached' | 'error'

/** One of a policy's conditions, all of which must hold, with Cedar's result. */
export type Condition = Test & { holds: Holds; met: readonly { fact: Fact; value: Json | undefined }[]; error?: string }

export type WeighedPolicy = { id: string; effect: 'permit' | 'forbid'; conditions: readonly Condition[] }

/** A hypothetical fact of the context; absent without a value. */
export type Change = { fact: Fact; value: Json | undefined }

/** Explains decisions to people. */
export interface Explainer {
  /** Weighs each policy for the question. Undefined if Cedar cannot. */
  weigh(question: Question): readonly WeighedPolicy[] | undefined
  /** Policy's answer with these facts changed; an error if they violate the schema's types. */
  askIf(question: ActionQuestion, changes: readonly Change[]): Answer
}

export const opposites = { '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const

export const opposite = (test: FactTest): FactTest =>
  test.kind === 'compared' ? { ...test, by: opposites[test.by] } : { ...test, not: !test.not }

export const isSameFact = (one: Fact, other: Fact): boolean => one.join('.') === other.join('.')

/** Whether the test reads the tier, which is the answer and so never a wish. */
export const isTier = (condition: Test): boolean =>
  condition.kind === 'compared' && isSameFact(condition.fact, ['context', 'approval', 'tier'])
