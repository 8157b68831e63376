import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Answer, Question } from '../../domain/policy/question.ts'
import type { AskerId } from '../../domain/values.ts'

export interface Policy {
  readonly bundle: Bundle
  /** As it was deployed, also where a date of a person or group has passed. Left out where `bundle` is that. */
  readonly files?: Bundle
  /** Never throws and waits for nothing: on any failure the answer does not permit, with `error`. */
  ask(question: Question): Answer
  /**
   * Reads what people recertified since the bundle was made: of these agents, or without any of people and groups, as
   * before each call. It reads nothing where no date of theirs has passed, and never throws: what cannot be read was not
   * recertified.
   */
  look?(agents: readonly AskerId[]): Promise<void>
}
