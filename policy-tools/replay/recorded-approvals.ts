// Rules: test/operations/policy-change/replay.test.ts
import { askAboutRequest } from '../../functions/domain/deciding/questions.ts'
import { eligibilityOf, rightsOf, type WhatSourcesSaid } from '../../functions/domain/deciding/rights.ts'
import { satisfiedTier, tierOf, unmetBy } from '../../functions/domain/policy/ladder.ts'
import type { Answer, Moment } from '../../functions/domain/policy/question.ts'
import { originOf } from '../../functions/domain/record/origin.ts'
import { type ApprovalRequest, approvalsOf, lostApprovals } from '../../functions/domain/record/request.ts'
import type { NumericDate, PersonId } from '../../functions/domain/values.ts'
import type { NotEnough } from '../change/replay.ts'
import type { Rules } from './rules.ts'

export function namedIn({ ask }: Pick<ApprovalRequest, 'ask'>) {
  const origin = originOf(ask)
  return origin.kind === 'plan' ? origin.steps : [ask]
}

type Counted = {
  /** The request with the approvals that still count. */
  state: ApprovalRequest
  lost: readonly { person: PersonId; as: string }[]
}

/** The recorded approvals by people who may still give them. */
function countApprovals(state: ApprovalRequest, rules: Rules, now: NumericDate, said: WhatSourcesSaid): Counted {
  const policy = rules.for(namedIn(state))
  const own = eligibilityOf(policy, state, undefined, now, said).eligible
  const { eligible } = rightsOf(policy, state, own, { absent: [] }, { halts: [], readings: said.readings }, now)
  const lost = lostApprovals(state, eligible)
  const isLost = (person: PersonId) => lost.some((each) => each.person === person)
  const stages = state.stages.map((stage) => ({
    ...stage,
    decisions: stage.decisions.filter(({ person, verdict }) => verdict !== 'approve' || !isLost(person)),
  }))
  return { lost, state: { ...state, stages } }
}

/** The answer by a request's recorded approvals. Undefined if it depends on sources of groups. */
export function askOnApprovals(
  line: readonly ApprovalRequest[],
  moment: Moment,
  rules: Rules,
  now: NumericDate,
): Answer | undefined {
  return rules.certain(({ readings }) => {
    const answers = line.map((each): Answer => {
      const { state, lost } = countApprovals(each, rules, now, { readings })
      const [first] = lost
      if (first)
        return { permit: false, policies: [], detail: `\`${first.person}\` may no longer decide \`${first.as}\`` }
      return askAboutRequest(rules.for(namedIn(each)), state, moment, now, readings)
    })
    return answers.find(({ permit }) => !permit) ?? (answers.at(-1) as Answer)
  })
}

/** The reason why the recorded approvals would be insufficient now, or the answer by those that count. */
export function askAtApproval(
  recorded: ApprovalRequest,
  needs: number,
  rules: Rules,
  now: NumericDate,
): { notEnough: NotEnough } | { answer: Answer } | undefined {
  const asked = rules.said.map(({ readings }) => {
    const counted = countApprovals({ ...recorded, tier: needs }, rules, now, { readings })
    const satisfies = satisfiedTier(rules.bundle.ladder, approvalsOf(counted.state))
    const answer = askAboutRequest(rules.for(namedIn(recorded)), counted.state, 'request', now, readings)
    return { ...counted, satisfies, answer }
  })
  const [first] = asked
  if (!first) return undefined
  const enough = asked.map(({ satisfies }) => satisfies >= needs)
  if (enough.some((each) => each !== enough[0])) return undefined
  if (enough[0])
    return asked.every(({ answer }) => answer.permit === first.answer.permit) ? { answer: first.answer } : undefined
  const { ask, tier } = recorded
  const own = { request: ask.id, action: ask.action, agent: ask.agent.id, tier, needs, satisfies: first.satisfies }
  return { notEnough: { ...own, why: whyNotEnough(recorded, asked.at(-1) ?? first, needs, rules) } }
}

function whyNotEnough(recorded: ApprovalRequest, { lost, state }: Counted, needs: number, { bundle }: Rules): string[] {
  const approvals = approvalsOf(state)
  const stages = tierOf(bundle.ladder, needs)?.stages ?? []
  return [
    ...(needs > recorded.tier ? [`the tier rises from ${recorded.tier} to ${needs}`] : []),
    ...lost.map(({ person, as }) => `\`${person}\` may no longer decide \`${as}\``),
    ...stages.flatMap((stage) => {
      const given = approvals.filter((each) => each.stage === stage.name)
      const weak = given.flatMap((each) => {
        const unmet = unmetBy(each, stage)
        return unmet ? [`the decision of \`${each.person}\` does not meet \`${stage.name}\`: ${unmet.code}`] : []
      })
      const counts = given.length - weak.length
      const short = `\`${stage.name}\` needs ${stage.quorum}, and ${counts} of the recorded approvals count for it`
      return [...weak, ...(counts < stage.quorum ? [short] : [])]
    }),
  ]
}
