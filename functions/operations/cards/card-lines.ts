// Rules: test/channels/slack/cards/routing.test.ts
import { remindersOf, type StageTurn, stageTurnOf } from '../../domain/cards/routing.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { colleaguesFor, openStage } from '../../domain/record/request.ts'
import { warningAt } from '../../domain/requests/extend.ts'
import type { NumericDate, PersonId, QuestionId } from '../../domain/values.ts'

/** A message beneath a card, since people do not notice an edited message. */
export type Line =
  | { line: 'asked'; stage: string }
  | { line: 'escalated'; stage: string; to: string }
  /** `users`: the chat ids of the people to mention. */
  | { line: 'reminder'; stage: string; attempt: number; users: readonly string[] }
  | { line: 'handled'; stage: string; round: number }
  /** `users`: the chat id of the person who asked, unless the line is in their own thread. */
  | { line: 'answered'; question: QuestionId; users: readonly string[] }
  /** A colleague asked this person to decide. */
  | { line: 'colleague'; by: PersonId }
  | { line: 'ends_soon' }

/** `keys`: those of this line and of the earlier lines that it replaces. */
export type Unsent = { keys: readonly string[]; line?: Line }

const keyOf = ({ round, stage, opensAt }: StageTurn) => `${round}/${stage}@${opensAt}`
const asked = (turn: StageTurn) => `asked ${keyOf(turn)}`
const over = (turn: string) => `over ${turn}`

type Where = {
  told: readonly string[]
  /** True for a new card: its post is noticed, so its lines count as said. */
  fresh: boolean
  now: NumericDate
}

/** `called`: whether the request waits for this person's decision. */
export function linesForPerson(
  state: ApprovalRequest,
  { person, user, called, ...where }: Where & { person: PersonId; user: string | undefined; called: boolean },
): readonly Unsent[] {
  const turn = stageTurnOf(state)
  const first: Unsent[] =
    called && turn && !where.told.includes(asked(turn))
      ? [{ keys: [asked(turn)], line: { line: 'asked', stage: turn.stage } }]
      : []
  const sofar = { ...where, told: [...where.told, ...first.flatMap(({ keys }) => keys)] }
  const reminded = called ? reminders(state, user === undefined ? [] : [user], sofar) : []
  return [
    ...silencedIf(where.fresh, [...first, ...reminded, ...handled(state, where, { person, called })]),
    ...answered(state, where, { person }),
    // A new card does not say why it is sent.
    ...(called ? byColleagues(state, where, person) : []),
  ]
}

function byColleagues(state: ApprovalRequest, { told }: Where, person: PersonId): Unsent[] {
  return colleaguesFor(state, openStage(state)?.terms.name)
    .filter(({ to }) => to === person)
    .map(({ by, at }) => ({ keys: [`colleague ${by} ${at}`], line: { line: 'colleague', by } as const }))
    .filter(({ keys }) => !told.includes(keys[0] ?? ''))
}

/** An answer is told once to the person who asked: in their own thread, or in the channel if they have none. */
const answered = (
  { questions = [] }: ApprovalRequest,
  { told }: Where,
  { person, asker }: { person?: PersonId; asker?(by: PersonId): readonly string[] | undefined },
): Unsent[] =>
  questions.flatMap(({ id, by, answer }) => {
    const key = `answered ${id}`
    const users = person === by ? [] : asker?.(by)
    if (!answer || users === undefined || told.includes(key)) return []
    return [{ keys: [key], line: { line: 'answered', question: id, users } as const }]
  })

/**
 * `users`: the people that a reminder in the channel would mention. `asker`: the account of a person who asked the agent;
 * undefined for one with a thread of their own.
 */
export function linesForChannel(
  state: ApprovalRequest,
  { users, asker, ...where }: Where & { users: readonly string[]; asker(by: PersonId): readonly string[] | undefined },
): readonly Unsent[] {
  return [
    ...silencedIf(where.fresh, [
      ...escalated(state, where),
      ...reminders(state, users, where),
      ...handled(state, where),
    ]),
    ...answered(state, where, { asker }),
  ]
}

/** The line for a grant in use that ends soon, in the place where the last people decided. */
export function linesOfEnd(state: ApprovalRequest, { told, fresh, now }: Where): readonly Unsent[] {
  const at = warningAt(state)
  if (at === undefined || now < at) return []
  const key = `ends_soon ${at}`
  return told.includes(key) ? [] : silencedIf(fresh, [{ keys: [key], line: { line: 'ends_soon' } }])
}

const silencedIf = (fresh: boolean, lines: readonly Unsent[]): readonly Unsent[] =>
  fresh ? lines.map(({ keys }) => ({ keys })) : lines

function escalated(state: ApprovalRequest, { told }: Where): Unsent[] {
  const stage = openStage(state)
  const turn = stageTurnOf(state)
  if (!turn || stage?.escalatedAt === undefined || stage.terms.onSilence === 'expire') return []
  const key = `escalated ${keyOf(turn)}`
  const line = { line: 'escalated', stage: turn.stage, to: stage.terms.onSilence.escalateTo } as const
  return told.includes(key) ? [] : [{ keys: [key], line }]
}

/** Says only the last of several due reminders. */
function reminders(state: ApprovalRequest, users: readonly string[], { told, now }: Where): Unsent[] {
  const turn = stageTurnOf(state)
  if (!turn) return []
  const unsent = remindersOf(state).filter(({ at }) => at <= now)
  const keys = unsent.map(({ since, attempt }) => `reminded ${keyOf(turn)} ${since} ${attempt}`)
  const [last, key] = [unsent.at(-1), keys.at(-1)]
  if (!last || key === undefined || told.includes(key)) return []
  const missing = keys.filter((each) => !told.includes(each))
  // A person who got a reminder counts as asked, and is told of the outcome.
  return users.length === 0
    ? [{ keys: missing }]
    : [
        {
          keys: [...missing, ...(told.includes(asked(turn)) ? [] : [asked(turn)])],
          line: { line: 'reminder', stage: turn.stage, attempt: last.attempt, users },
        },
      ]
}

/** The line for the end of the wait in this place. Omits it for the person who ended it, and for people asked again. */
function handled(state: ApprovalRequest, { told }: Where, to: { person?: PersonId; called?: boolean } = {}): Unsent[] {
  const open = stageTurnOf(state)
  const current = open && keyOf(open)
  return told
    .filter((key) => key.startsWith('asked '))
    .map((key) => key.slice('asked '.length))
    .filter((turn) => turn !== current && !told.includes(over(turn)))
    .map((turn) => {
      const { round, stage } = parse(turn)
      const own = to.person !== undefined && hasActed(state, to.person)
      return own || to.called
        ? { keys: [over(turn)] }
        : { keys: [over(turn)], line: { line: 'handled', stage, round } as const }
    })
}

function parse(turn: string): { round: number; stage: string } {
  const [round = '', stage = ''] = turn.replace(/@\d+$/, '').split('/')
  return { round: Number(round), stage }
}

const hasActed = ({ stages }: ApprovalRequest, person: PersonId) =>
  stages.some(({ decisions }) => decisions.some((decision) => decision.person === person))

export type Notice = 'submitted' | 'decided' | 'ended'
const order: readonly Notice[] = ['submitted', 'decided', 'ended']

/** A denial is both the decision and the end, and is told once. */
function noticeOf(state: ApprovalRequest): Notice {
  if (state.status === 'pending') return 'submitted'
  return state.status === 'approved' ? 'decided' : 'ended'
}

/** The due notices, each with the earlier ones that it replaces. A request without stages has none, to spare owners. */
export function unsentNotices(
  state: ApprovalRequest,
  told: readonly string[],
): { notice: Notice; keys: readonly Notice[] } | undefined {
  if (state.stages.length === 0) return undefined
  const notice = noticeOf(state)
  if (told.includes(notice)) return undefined
  return { notice, keys: order.slice(0, order.indexOf(notice) + 1).filter((key) => !told.includes(key)) }
}
