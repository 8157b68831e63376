import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Answer, Question } from '../../domain/policy/question.ts'

export interface Policy {
  readonly bundle: Bundle
  /** Never throws and waits for nothing: on any failure the answer does not permit, with `error`. */
  ask(question: Question): Answer
}
