// Rules: test/operations/requests/asking-terms.test.ts
import { readsMember, type TaskAnswer } from '../../domain/policy/asking-terms.ts'
import type { Assessment } from '../../domain/policy/assess.ts'
import { tierOf } from '../../domain/policy/ladder.ts'
import type { Said } from '../../domain/record/ask-terms.ts'
import type { Ask } from '../../domain/record/request.ts'
import { defined } from '../../domain/values.ts'
import type { TaskLook } from '../ports.ts'
import type { AdmissionPorts } from './submission.ts'

/** Looks up the parent task, if a tier or a policy needs the answer or people are to see the incident. */
export async function lookAtTask(
  { actions, parentTask }: Pick<Said, 'parentTask'> & { actions: readonly string[] },
  assess: () => Pick<Extract<Assessment, { outcome: 'requestable' }>, 'outcome' | 'tier'> | { outcome: 'refused' },
  { policy: { bundle }, tasks }: AdmissionPorts,
): Promise<TaskLook | undefined> {
  if (!tasks) return undefined
  const isLive = (assessment: ReturnType<typeof assess>) =>
    assessment.outcome === 'requestable' && tierOf(bundle.ladder, assessment.tier)?.parentTask === 'live'
  // The reading of a change set, which comes later, may raise the tier.
  const mayBeLive = (action: string) =>
    readsMember(bundle, action, 'change') && bundle.ladder.tiers.some(({ parentTask: asked }) => asked === 'live')
  const isWanted =
    bundle.deployment.incidents?.show !== undefined ||
    actions.some((action) => readsMember(bundle, action, 'task') || mayBeLive(action)) ||
    isLive(assess())
  return isWanted ? tasks.look(parentTask.id) : undefined
}

export const taskOf = (look: TaskLook | undefined): TaskAnswer =>
  look === undefined || look.answer === 'unreachable' ? 'unchecked' : look.answer

export const toldOfTask = (look: TaskLook | undefined): Pick<Ask, 'task' | 'incident'> =>
  look === undefined || look.answer === 'unreachable'
    ? {}
    : { task: look.answer, ...(look.answer === 'known' ? defined({ incident: look.incident }) : {}) }
