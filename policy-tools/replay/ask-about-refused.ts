// Rules: test/operations/policy-change/replay.test.ts
import { askAboutPerson } from '../../functions/domain/deciding/questions.ts'
import type { AnyEvent } from '../../functions/domain/ledger/any-event.ts'
import { fillingOf } from '../../functions/domain/policy/filling.ts'
import type { Answer, PersonAction } from '../../functions/domain/policy/question.ts'
import { openingOf } from '../../functions/domain/record/origin.ts'
import { type ApprovalRequest, approvalsOf, openStage } from '../../functions/domain/record/request.ts'
import { PersonId } from '../../functions/domain/values.ts'
import { permitted, refused } from '../change/replay.ts'
import { askAct, askReviewed } from './ask-about-people.ts'
import { type Asking, aboutRequest, askLive, isOver, type Reply, unsure } from './ask-about-requests.ts'
import { namedIn } from './recorded-approvals.ts'

type Refused = Extract<AnyEvent, { type: 'Refused' }>

const moments = { intend: 'issue', begin_use: 'use', begin_call: 'use' } as const

/** A refusal on a request's record, whose entry has all the facts, except those of a delegation. */
export function askRefused(event: Refused, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const { attempted, code, actor, at, policies } = event
  const person = PersonId.safeParse(actor.id).data
  if (person && asking.world.isHalted(person, at)) return undefined
  if (code === 'policy_denied' || code === 'approver_not_eligible') {
    if (attempted === 'delegate') return { because: 'noArguments' }
    const moment = moments[attempted as keyof typeof moments]
    if (!moment || approvalsOf(state).some((each) => asking.world.isSilenced(each))) return undefined
    const question = moment === 'issue' ? 'issue' : 'use'
    return askLive(event, { state, moment, question, recorded: false }, asking)
  }
  if (!person || isOver(state, asking)) return undefined
  if (code === 'not_eligible') return askNotEligible(event, person, state, asking)
  if (code !== 'not_permitted') return undefined
  if (attempted === 'review_break_glass') return askReviewed(event, state, false, asking)
  // Hotwork cannot end an opening that it did not make, even if policy permits.
  if (attempted !== 'revoke' || openingOf(state.ask)?.sealed) return undefined
  const about = aboutRequest(state, 'revoke', { person })
  return askAct({ person, action: 'revoke', at, policies, recorded: false, about, state }, asking)
}

/** A person who was refused a decision, at each stage open to them. */
function askNotEligible(
  { attempted, at, policies }: Refused,
  person: PersonId,
  state: ApprovalRequest,
  { rules }: Asking,
): Reply | undefined {
  const open = openStage(state)
  const stages = attempted === 'deny' ? state.stages : open ? [open] : []
  const names = new Set(stages.flatMap((stage) => fillingOf(stage).names))
  if (names.size === 0) return undefined
  const policy = rules.for(namedIn(state))
  const answer = rules.certain((said) => {
    const answers = [...names].map(
      (stage): Answer => askAboutPerson(policy, 'approve', person, at, { ...said, state, stage }),
    )
    return answers.find(({ permit }) => permit) ?? (answers[0] as Answer)
  })
  if (!answer) return unsure
  const to = answer.permit ? permitted(answer.policies) : refused(answer.policies, undefined, answer.detail)
  return { about: aboutRequest(state, attempted, { person }), from: refused(policies), to }
}

/** Attempts outside requests, each with the right that policy was asked about. */
const rights: { readonly [attempted: string]: PersonAction } = {
  halt: 'revoke',
  lift: 'lift',
  erase: 'erase',
  end_stand_in: 'revoke',
  revoke_standing: 'revoke',
  allow_standing: 'allowStanding',
}

/** Refusals by policy and by the folder's files. */
const byPolicy: ReadonlySet<string> = new Set([
  ...['policy_denied', 'policy_error', 'not_permitted', 'not_requestable', 'no_eligible_approvers'],
  ...['stand_in_refused', 'unknown_action', 'invalid_arguments', 'agent_suspended', 'agent_retired', 'owner_inactive'],
])

/** A refusal on the record of an agent, person or tool. */
export function askRefusedBeside(event: Refused, asking: Asking): Reply | undefined {
  const { attempted, code, at, policies, count = 1 } = event
  if (!byPolicy.has(code)) return undefined
  const person = PersonId.safeParse(event.actor.id).data
  const action = rights[attempted]
  if (!person || !action || code !== 'not_permitted' || event.others) return { because: 'noArguments', count }
  if (asking.world.isHalted(person, at)) return undefined
  const state = event.request === undefined ? undefined : asking.world.requests.get(event.request)
  if (event.request !== undefined && !state) return { because: 'begunBefore', count }
  const about = state ? aboutRequest(state, attempted, { person }) : { question: attempted, person }
  return askAct({ person, action, at, policies, recorded: false, about, state }, asking)
}
