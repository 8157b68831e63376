import type { Json } from '../values.ts'
import type { ActionQuestion, Answer, Question } from './question.ts'

/** A fact that a policy reads: `['context', 'resource', 'environment']`, `['principal']`. */
export type Fact = readonly string[]
export type Literal = string | number | boolean
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

/** What a policy asks of a fact. `not`: that it is not so. */
export type FactTest =
  | { kind: 'compared'; fact: Fact; by: Comparison; to: Literal }
  | { kind: 'among'; fact: Fact; values: readonly Literal[]; not: boolean }
  | { kind: 'contains'; fact: Fact; value: Literal; not: boolean }
  | { kind: 'empty'; fact: Fact; not: boolean }
  | { kind: 'like'; fact: Fact; pattern: string; not: boolean }
  | { kind: 'present'; fact: Fact; not: boolean }
  | { kind: 'true'; fact: Fact; not: boolean }
  | { kind: 'entity'; fact: Fact; by: '==' | 'in' | 'is'; to: string; not: boolean }
/** A form without words of its own, in Cedar's. */
export type OtherTest = { kind: 'other'; text: string; facts: readonly Fact[] }
export type Test = FactTest | OtherTest | { kind: 'either'; ways: readonly (readonly Condition[])[] }

/** `unreached`: it errs alone, and the policy asks it only where a condition before it came out otherwise. */
export type Holds = 'yes' | 'no' | 'unreached' | 'error'

/** One of the conditions that must all hold for a policy to apply, and what Cedar says of it. */
export type Condition = Test & { holds: Holds; met: readonly { fact: Fact; value: Json | undefined }[]; error?: string }

export type WeighedPolicy = { id: string; effect: 'permit' | 'forbid'; conditions: readonly Condition[] }

/** A fact of the context as it might be. Without a value it is absent. */
export type Change = { fact: Fact; value: Json | undefined }

/** For what people are told of a decision. */
export interface Explainer {
  /** Each policy that can bear on the question. Undefined where it cannot be said. */
  weigh(question: Question): readonly WeighedPolicy[] | undefined
  /** The answer if these facts were others; an error where they are not of the schema's types. */
  askIf(question: ActionQuestion, changes: readonly Change[]): Answer
}

export const opposites = { '==': '!=', '!=': '==', '<': '>=', '>=': '<', '>': '<=', '<=': '>' } as const

export const opposite = (test: FactTest): FactTest =>
  test.kind === 'compared' ? { ...test, by: opposites[test.by] } : { ...test, not: !test.not }

export const isSameFact = (one: Fact, other: Fact): boolean => one.join('.') === other.join('.')

/** How much approval there is: the answer is a tier, so no other tier is wished for. */
export const isTier = (condition: Test): boolean =>
  condition.kind === 'compared' && isSameFact(condition.fact, ['context', 'approval', 'tier'])
