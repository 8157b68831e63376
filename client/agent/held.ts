// Rules: test/client/agent/permit.test.ts
import type { Runs } from '../journal/runs.ts'
import type { Surroundings } from '../surroundings.ts'
import type { AgentApi, More } from './agent-api.ts'
import type { Answers } from './answers.ts'
import type { Approved, Extension } from './approved.ts'
import type { Task } from './ask.ts'
import type { Pending, Permit, PermitCall, Revise } from './permit-call.ts'
import { type Waiting, waitedForOf } from './waiting.ts'
import { questionsIn } from './words.ts'

/** @internal The parts of a call that its permit needs. */
export type Held = {
  api: AgentApi
  /** The same API without the caller's signal: an end is always reported. */
  reporting: AgentApi
  signal?: AbortSignal | undefined
  pause: Surroundings['pause']
  onWait?: ((waiting: Waiting) => void) | undefined
  answers?: Answers | undefined
  stopsAt?: PermitCall['stopsAt'] | undefined
  /** Present if the call has a `callId`. */
  runs?: Runs | undefined
  /** Deletes the key of a request that is over. */
  forget(ended: string): void
  /** Asks for more time, and follows that new request. */
  extend(of: Approved, more: More, how: Pick<Extension, 'wait' | 'signal'>): Promise<Permit>
  /** The permit of a request that people want revised. */
  revise(task: Task): Revise
  /** Shared by all permits of one call: whether one of them has begun its work. */
  work: { begun: boolean }
  /** The end of the wait for people. It covers a second decision too. */
  until: Date
}

/** @internal Waits until the task is settled, or until `until`: then the returned task is still pending. */
export async function waitForPeople(task: Task, { api, onWait, answers, stopsAt }: Held, until: Date): Promise<Task> {
  if (task.task.status !== 'pending' || until.getTime() <= Date.now()) return task
  let last = ''
  const onChange = (now: Task): void => {
    const { id, status } = now.task
    if (status !== 'pending') return
    answers?.hear(now, api)
    const waitsFor = waitedForOf(now)
    if (waitsFor === last) return
    onWait?.({ request: id, page: `${api.issuer}/decide/${id}`, waitsFor })
    last = waitsFor
  }
  const isEnough = (now: Task) =>
    stopsAt !== undefined && questionsIn(now).some((question) => !question.answered && stopsAt(question))
  onChange(task)
  return isEnough(task) ? task : api.waitUntilSettled(task.task.id, { until, onChange, isEnough })
}

/** @internal */
export const pendingOf = (task: Task, { reporting, forget }: Held): Omit<Pending, 'resume'> => ({
  outcome: 'pending',
  request: task.task.id,
  questions: questionsIn(task),
  answer: async (question, text) => {
    await reporting.answer(task.task.id, question, text)
  },
  cancel: async () => {
    await reporting.cancel(task.task.id)
    forget('withdrawn')
  },
})
