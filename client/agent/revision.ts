// Rules: test/client/agent/revision.test.ts
import * as z from 'zod'
import { defined } from '../http.ts'
import type { Task } from './ask.ts'
import type { PermitCall, RevisionHow } from './permit-call.ts'
import type { PlanCall, PlanStep } from './plan.ts'
import { messagesIn } from './words.ts'

/** The members that the answers for a revised action and for a revised plan share. */
export const revisedBy = (task: Task) => {
  const messages = messagesIn(task)
  const message = messages.findLast(({ verdict }) => verdict === 'revise')?.text ?? ''
  return { outcome: 'revise' as const, request: task.task.id, message, messages }
}

/** The call of a revision: of its own id and key. A start that is over is left out. */
export function revisionOf<Call extends PermitCall | PlanCall>(
  { task: { id } }: Task,
  call: Call,
  how: RevisionHow = {},
): Call {
  const { signal: _, callId, notBefore, ...rest } = call
  return {
    ...rest,
    ...defined(how),
    ...defined({ notBefore: notBefore && notBefore.getTime() > Date.now() ? notBefore : undefined }),
    ...defined({ callId: callId === undefined ? undefined : `${callId} revises ${id}` }),
    revises: id,
  } as Call
}

const Changed = z.array(z.looseObject({ step: z.number(), arguments: z.record(z.string(), z.unknown()) }))

/** A suggestion has the steps that change, by their numbers. */
export function suggestedSteps(steps: readonly PlanStep[], { hotwork }: Task): readonly PlanStep[] | undefined {
  const changed = Changed.safeParse(hotwork.suggest?.arguments['steps']).data
  return changed && steps.map((step, index) => ({ ...step, ...changedIn(changed, index + 1) }))
}

const changedIn = (changed: z.infer<typeof Changed>, number: number) => {
  const found = changed.find(({ step }) => step === number)
  return found && { arguments: found.arguments }
}
