import type { Answer } from '../domain/policy/question.ts'
import type { ApprovalRequest } from '../domain/requests/request.ts'
import type { NumericDate, PersonId } from '../domain/values.ts'
import { askAboutEmergency } from './emergency-questions.ts'
import { isStopped } from './find-halt.ts'
import type { DecidingPorts } from './ports.ts'

/**
 * Whether this person may say now what an opening was: policy lets them, and they are not stopped themselves. A review is a
 * decision, and lets the next opening go on without a second person.
 */
export async function mayReview(
  person: PersonId,
  { ask }: Pick<ApprovalRequest, 'ask'>,
  now: NumericDate,
  ports: Pick<DecidingPorts, 'requests' | 'policy'>,
): Promise<Answer> {
  const answer = askAboutEmergency(ports.policy, 'review', person, ask, 'request', now)
  return { ...answer, permit: answer.permit && !(await isStopped(person, ports)) }
}
