import { apiProblem, type BadRequest, refusalProblem } from '../adapters/http/problem.ts'

export {
  insufficientLogin,
  refusalProblem as refusalForOps,
  refusalProblem as refusalForPeople,
} from '../adapters/http/problem.ts'

/** Another caller's task and an unknown one look the same. */
export const unknownTask = (): BadRequest => apiProblem(404, 'unknown_task')

export const unknownRequest = (): BadRequest => refusalProblem('unknown_request')
