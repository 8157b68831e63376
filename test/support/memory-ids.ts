import type {
  CredentialId,
  EvaluationId,
  HaltId,
  QuestionId,
  RequestId,
  StandInId,
  UseId,
} from '../../functions/domain/values.ts'
import type { Ids } from '../../functions/operations/ports.ts'

/** Ids that count: the same run gives the same ids. */
export class MemoryIds implements Ids {
  #last = 0

  request = () => this.#next('req') as RequestId
  opening = () => this.#next('bgl') as RequestId
  credential = () => this.#next('crd') as CredentialId
  use = (request: RequestId) => this.#next(`use_${request}`, 8) as UseId
  standIn = () => this.#next('sin') as StandInId
  question = () => this.#next('qst') as QuestionId
  halt = () => this.#next('hlt') as HaltId
  evaluation = () => this.#next('evl') as EvaluationId

  #next(prefix: string, length = 26): string {
    this.#last += 1
    return `${prefix}_${String(this.#last).padStart(length, '0')}`
  }
}
