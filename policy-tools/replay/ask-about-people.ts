// Rules: test/operations/policy-change/replay.test.ts
import { openingRulesOf, profileNamed, profileResource } from '../../functions/domain/break-glass/break-glass.ts'
import { askAboutOpening, unopened } from '../../functions/domain/deciding/ask-about-opening.ts'
import { askAboutPerson, askAboutStandIn } from '../../functions/domain/deciding/questions.ts'
import type { AnyEvent } from '../../functions/domain/ledger/any-event.ts'
import type { SourcesSaid } from '../../functions/domain/people/group-source.ts'
import { personOf } from '../../functions/domain/policy/bundle.ts'
import { type Answer, openingActs, type PersonAction } from '../../functions/domain/policy/question.ts'
import type { Event } from '../../functions/domain/record/events.ts'
import { openingOf } from '../../functions/domain/record/origin.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import { type NumericDate, PersonId } from '../../functions/domain/values.ts'
import { permitted, refused, type Subject } from '../change/replay.ts'
import { type Asking, aboutRequest, end, isOver, type Reply, unsure, verdictOf } from './ask-about-requests.ts'
import { namedIn } from './recorded-approvals.ts'
import type { Rules } from './rules.ts'

type Of<T extends AnyEvent['type']> = Extract<AnyEvent, { type: T }>

/** A person's act, or a refused attempt. `recorded`: policy's answer at that time. */
export type Act = {
  person: PersonId
  action: PersonAction
  at: NumericDate
  policies: readonly string[]
  recorded: boolean
  about: Subject
  state?: ApprovalRequest | undefined
  subject?: string
}

export function askAct(act: Act, { rules }: Asking): Reply {
  const { person, action, at, state, subject, recorded } = act
  const policy = rules.for(state ? namedIn(state) : [])
  const answer = rules.certain((said) =>
    askAboutPerson(policy, action, person, at, { ...said, ...(state && { state }), ...(subject && { subject }) }),
  )
  return answer ? replyTo(act, withReason(answer, person, rules), recorded) : unsure
}

const replyTo = ({ about, policies }: Pick<Act, 'about' | 'policies'>, answer: Answer, recorded: boolean): Reply => ({
  about,
  from: recorded ? permitted(policies) : refused(policies),
  to: verdictOf(answer),
})

function withReason(answer: Answer, person: PersonId, { bundle }: Rules): Answer {
  if (answer.permit || answer.detail !== undefined || personOf(bundle, person)?.status === 'active') return answer
  return { ...answer, detail: `\`${person}\` is not an active person of the directory` }
}

/** Asks whether this person, or the absent person they stand in for, may decide this stage. */
export function askDecided(event: Of<'Decided'>, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const person = PersonId.safeParse(event.actor.id).data
  if (!person) return undefined
  if (isOver(state, asking)) return { because: 'neverCame' }
  const { as: stage, for: absent, at, verdict, claimed = { groups: [], until: 0 } } = event
  const { rules } = asking
  const policy = rules.for(namedIn(state))
  const may = (who: PersonId, about: SourcesSaid & { inSteadBy?: PersonId }) =>
    askAboutPerson(policy, 'approve', who, at, { state, stage, ...about })
  const answer = rules.certain((said): Answer => {
    if (absent === undefined) return may(person, said)
    if (personOf(rules.bundle, person)?.status !== 'active') return { permit: false, policies: [] }
    const { readings } = said
    const own = may(absent, { readings })
    return own.permit ? may(absent, { readings, inSteadBy: person }) : own
  }, claimed)
  if (!answer) return unsure
  const about = aboutRequest(state, verdict, { person, stage })
  return replyTo({ about, policies: event.policies }, withReason(answer, person, rules), true)
}

export function askOpened(event: Of<'BreakGlassOpened'>, state: ApprovalRequest, asking: Asking): Reply | undefined {
  const { ask, at, policies } = event
  const person = PersonId.safeParse(ask.agent.id).data
  // Openings outside Hotwork did not ask policy.
  if (!person || openingOf(ask)?.sealed) return undefined
  const about = aboutRequest(state, 'open')
  const { rules } = asking
  const answer = openingRulesOf(rules.bundle)
    ? rules.certain(({ readings }) =>
        askAboutOpening(rules.for([ask]), 'breakGlass', person, ask, 'request', at, readings),
      )
    : { permit: false, policies: [], detail: 'there is no break-glass.json' }
  if (!answer) return unsure
  const reply = replyTo({ about, policies }, withReason(answer, person, rules), true)
  return answer.permit ? reply : end(ask.id, asking, reply)
}

/** @param recorded true if the reviewer was permitted */
export function askReviewed(
  { at, policies, actor }: Event,
  state: ApprovalRequest,
  recorded: boolean,
  { rules }: Asking,
): Reply | undefined {
  const person = PersonId.safeParse(actor.id).data
  if (!person) return undefined
  const about = aboutRequest(state, 'review', { person })
  const answer = rules.certain(({ readings }) =>
    askAboutOpening(rules.for([state.ask]), 'review', person, state.ask, 'request', at, readings),
  )
  return answer ? replyTo({ about, policies }, withReason(answer, person, rules), recorded) : unsure
}

/** Acts outside requests: halts, standing permits, stand-ins, vouchers, recertifications and erasures. */
export function askBeside(id: string, event: AnyEvent, asking: Asking): Reply | undefined {
  const { at, policies, type } = event
  const person = PersonId.safeParse(event.actor.id).data
  if (!person) return undefined
  const act = (action: PersonAction, question: string, more: Partial<Act> = {}): Reply =>
    askAct({ person, action, at, policies, recorded: true, about: { question, person }, ...more }, asking)
  switch (type) {
    case 'Halted':
      return act('revoke', 'halt')
    case 'Lifted':
      return act('lift', 'lift')
    case 'Erased':
      return act('erase', 'erase')
    case 'Recertified':
    case 'Retired':
      return act('recertify', 'recertify', { subject: id })
    case 'StandInGiven':
      return askStandIn(event, asking)
    case 'StandInEnded':
    case 'PermitRevoked':
      // Undefined without policies: the two people themselves need none.
      return policies.length === 0 ? undefined : act('revoke', 'revoke')
    case 'PermitGiven':
      return askPermitGiven(event, person, asking)
    case 'Vouched':
      return askVouched(event, person, asking)
    default:
      return undefined
  }
}

function askStandIn({ for: absent, by, at, policies }: Of<'StandInGiven'>, { rules }: Asking): Reply {
  const answer = askAboutStandIn(rules.for(), { absent, by }, at)
  const gone = [absent, by].find((each) => personOf(rules.bundle, each)?.status !== 'active')
  const about = { question: 'stand in', person: by }
  return replyTo({ about, policies }, gone ? withReason(answer, gone, rules) : answer, true)
}

function askPermitGiven(event: Of<'PermitGiven'>, person: PersonId, asking: Asking): Reply {
  const { from, at, policies, action, agent } = event
  const state = asking.world.requests.get(from)
  if (!state) return { because: 'begunBefore' }
  if (isOver(state, asking)) return { because: 'neverCame' }
  const about = { question: 'allow standing', action, agent, person }
  if (asking.rules.bundle.actions[action]?.group === 'destructive') {
    const detail = 'a destructive action is approved one by one'
    return replyTo({ about, policies }, { permit: false, policies: [], detail }, true)
  }
  return askAct({ person, action: 'allowStanding', at, policies, recorded: true, about, state }, asking)
}

/** A voucher for a profile. For a single action only a digest is recorded. */
function askVouched({ budgetKey, at, policies }: Of<'Vouched'>, person: PersonId, { rules }: Asking): Reply {
  const about = { question: 'vouch', person }
  if (!budgetKey.startsWith('profile:')) return { because: 'noArguments' }
  const name = budgetKey.slice('profile:'.length)
  const profile = profileNamed(rules.bundle, name)
  if (!profile) return replyTo({ about, policies }, { permit: false, policies: [], detail: 'no such profile' }, true)
  const opened = { profile: name, rights: profile.rights, incident: 'vouching', drill: false }
  const facts = { action: `break-glass:${name}`, arguments: {}, resource: profileResource(name) }
  const what = { id: unopened, ...facts, breakGlass: opened }
  const answers = openingActs.map((action) =>
    rules.certain(() => askAboutOpening(rules.for(), action, person, what, 'request', at)),
  )
  const answer = answers.find((each) => each?.permit) ?? answers[0]
  return answer ? replyTo({ about, policies }, withReason(answer, person, rules), true) : unsure
}
