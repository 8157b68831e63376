// Rules: test/client/requests/ask.test.ts
import type { Ask, Evaluation } from '../../functions/domain/cards/wire/task.ts'
import type { Task } from '../agent/ask.ts'
import { inTurn } from '../agent/waiting.ts'
import { jsonForModel, messagesIn, questionsIn, quoteForModel } from '../agent/words.ts'
import { nextCommand } from '../context.ts'
import { defined } from '../http.ts'
import { fact, timeAndSpan } from '../screen.ts'
import type { AgentContext } from './context.ts'

/** The domain's status: on the wire an approval stays `approved`, and its grant has the outcome. */
export function statusOf({ task: { status }, hotwork: { grant, outcome } }: Task): string {
  if (status === 'cancelled') return 'withdrawn'
  if (outcome) return outcome
  return status === 'approved' && grant && grant.status !== 'live' ? grant.status : status
}

/** The people who decide, in the order of asking. */
export function decidersOf({ hotwork: { stages } }: Task): string {
  if (stages.length === 0) return 'policy alone: no person is asked'
  return inTurn(stages)
}

/** The last moment for the next step; undefined if there is none. */
export function untilOf(task: Task): string | undefined {
  const { grant, stages } = task.hotwork
  const status = statusOf(task)
  if (status === 'approved') return grant?.claim_by
  return status === 'pending' ? stages.findLast(({ deadline }) => deadline !== undefined)?.deadline : undefined
}

export type Asked = { task: Task; ask?: Ask; evaluation?: Evaluation }

type Told = Pick<AgentContext, 'settings' | 'surroundings'>

export function describe({ task, ask, evaluation }: Asked, told: Told): string[] {
  const { surroundings } = told
  const { id } = task.task
  const { tier, unpinned } = task.hotwork
  const until = untilOf(task)
  const { reason, access_request } = evaluation?.context ?? {}
  const why = [reason, access_request?.display?.title].filter((each) => each !== undefined).join(': ')
  return [
    `${statusOf(task).toUpperCase()}${ask ? `: ${ask.action.name} on ${ask.resource.id}` : ''}`,
    ...fact('id', id),
    ...fact('tier', String(tier)),
    ...fact('why', why !== '' && why),
    ...fact('decides', decidersOf(task)),
    ...fact('starts', task.hotwork.not_before && timeAndSpan(task.hotwork.not_before, surroundings)),
    ...fact('until', until !== undefined && timeAndSpan(until, surroundings)),
    ...fact('open', ...onceForSteps(unpinned).map((line) => `the credential leaves open: ${line}`)),
    ...fact('runs as', task.hotwork.runs_as),
    ...fact('run', task.hotwork.run && runWords(task.hotwork.run, surroundings)),
    ...fact('left', ...leftOf(task)),
    ...fact('told', ...messagesIn(task).map(({ text }) => `the approver says: ${quoteForModel(text.trim())}`)),
    ...fact('suggests', task.hotwork.suggest && jsonForModel(task.hotwork.suggest.arguments)),
    ...fact(
      'asked',
      ...questionsIn(task).map(
        ({ id, text, answered }) => `${answered ? 'answered' : 'open'} ${id}: ${quoteForModel(text.trim())}`,
      ),
    ),
    ...fact('steps', ...stepsOf(task)),
    ...fact('next', ...nextOf(task, told)),
  ]
}

/** A run that goes on, or its end. */
export const runWords = (
  { status, since, until }: NonNullable<Task['hotwork']['run']>,
  surroundings: Told['surroundings'],
): string =>
  until === undefined
    ? `${status} since ${timeAndSpan(since, surroundings)}`
    : `${status} at ${timeAndSpan(until, surroundings)}`

/** The steps of a plan, each with its agent and request. */
export const stepsOf = ({ hotwork: { steps = [] } }: Task): string[] =>
  steps.map(({ step, agent, request, status }) => `${step}. ${agent}  ${request}  ${status}`)

/** The narrowed request, if an approver narrowed it. */
export function leftOf({ hotwork: { narrowed, steps } }: Task): string[] {
  if (!narrowed) return []
  if (steps) return ['changed since it was asked: look at its steps']
  const uses = `${narrowed.uses} ${narrowed.uses === 1 ? 'use' : 'uses'}`
  return [`narrowed by an approver to ${JSON.stringify(narrowed.arguments)}, ${uses}, ${narrowed.lifetime} s`]
}

/** The next commands, ready to type; `CMD...` stands for a command. */
function nextOf(task: Task, { settings }: Told): string[] {
  const { id } = task.task
  const { steps, grant } = task.hotwork
  const status = statusOf(task)
  const next = (words: string, behind = '') => nextCommand(words, settings, behind)
  const open = questionsIn(task).filter(({ answered }) => !answered)
  if (status === 'pending')
    return [
      ...open.map((each) => next(`answer ${id} TEXT --question ${each.id}`)),
      next(`wait ${id}`),
      next(`cancel ${id}`),
    ]
  if (status === 'revise') return [next(`request FILE --revises ${id}`)]
  if (status !== 'approved') return []
  if (steps)
    return [
      ...steps.map(({ request, step, agent }) => {
        const as = settings.as === undefined ? undefined : agent
        return nextCommand(`exec ${request}`, { as }, ` -- CMD...  # step ${step}, by ${agent}`)
      }),
      next(`complete ${id} --failed`),
    ]
  const more = grant?.ends_soon ? [next(`extend ${id} --minutes 5`)] : []
  return [...more, next(`exec ${id}`, ' -- CMD...'), next(`complete ${id}`)]
}

export function bodyOf({ task, ask, evaluation }: Asked): object {
  const { hotwork, ...answer } = task
  return {
    id: task.task.id,
    status: statusOf(task),
    tier: hotwork.tier,
    ...(evaluation ? { reason: evaluation.context.reason } : {}),
    ...(ask ? { agent: ask.subject.id, action: ask.action.name, resource: ask.resource } : {}),
    stages: hotwork.stages,
    ...(untilOf(task) === undefined ? {} : { until: untilOf(task) }),
    ...(hotwork.not_before === undefined ? {} : { not_before: hotwork.not_before }),
    digest: hotwork.digest,
    unpinned: hotwork.unpinned,
    ...(hotwork.narrowed ? { narrowed: hotwork.narrowed } : {}),
    ...(hotwork.grant ? { grant: hotwork.grant } : {}),
    ...defined({ runs_as: hotwork.runs_as, run: hotwork.run }),
    ...(hotwork.steps ? { steps: hotwork.steps } : {}),
    ...defined({ messages: hotwork.messages, suggest: hotwork.suggest, questions: hotwork.questions }),
    ...answer,
  }
}

/** Unpinned arguments that several steps share are listed once: `steps 1, 3: ...`. */
function onceForSteps(unpinned: readonly string[]): readonly string[] {
  const byWords = new Map<string, string[]>()
  for (const line of unpinned) {
    const [, step = '', words = line] = /^step (\d+): (.*)$/s.exec(line) ?? []
    byWords.set(words, [...(byWords.get(words) ?? []), step])
  }
  return [...byWords].map(([words, [first = '', ...more]]) => {
    if (first === '') return words
    return more.length === 0 ? `step ${first}: ${words}` : `steps ${[first, ...more].join(', ')}: ${words}`
  })
}
