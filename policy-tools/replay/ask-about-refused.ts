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

/** Of a request: what was refused then is on record with all its facts, but for what was to be delegated. */
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
  // What Hotwork did not open it cannot end, also where policy permits.
  if (attempted !== 'revoke' || openingOf(state.ask)?.sealed) return undefined
  const about = aboutRequest(state, 'revoke', { person })
  return askAct({ person, action: 'revoke', at, policies, recorded: false, about, state }, asking)
}

/** A person was refused to decide, at each stage that they could have. */
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

/** Without a request: by which right, where policy was asked for nothing more than that. */
const rights: { readonly [attempted: string]: PersonAction } = {
  halt: 'revoke',
  lift: 'lift',
  erase: 'erase',
  end_stand_in: 'revoke',
  revoke_standing: 'revoke',
  allow_standing: 'allowStanding',
}

/** What policy and the files of the folder refuse, and no other rule. */
const byPolicy: ReadonlySet<string> = new Set([
  ...['policy_denied', 'policy_error', 'not_permitted', 'not_requestable', 'no_eligible_approvers'],
  ...['stand_in_refused', 'unknown_action', 'invalid_arguments', 'agent_suspended', 'agent_retired', 'owner_inactive'],
])

/** On the record of the agent, person or tool that was refused. */
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
