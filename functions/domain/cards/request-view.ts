// Rules: test/channels/slack/cards/request-view.test.ts
import type { OpeningRules } from '../break-glass/break-glass.ts'
import { digestOf } from '../digest.ts'
import { nestedIn } from '../policy/arguments.ts'
import { agentOf, type Bundle } from '../policy/bundle.ts'
import { type CatalogueEntry, titleParts } from '../policy/catalogue.ts'
import { fillingOf } from '../policy/filling.ts'
import { tierOf } from '../policy/ladder.ts'
import { isPersonal, type ReadTerms, readTerms, type ToldWords } from '../record/ask-terms.ts'
import { type Origin, originOf } from '../record/origin.ts'
import type { ResourcePreview } from '../record/preview.ts'
import {
  type ApprovalRequest,
  type Ask,
  type Decision,
  type NarrowedOnce,
  type Outcome,
  openStage,
  type Question,
  type StageState,
  type Status,
} from '../record/request.ts'
import { typeThisOf } from '../record/typed-name.ts'
import type { Refusal } from '../refusals.ts'
import {
  type Digest,
  defined,
  isRefusal,
  type Json,
  type JsonObject,
  type NumericDate,
  type RequestId,
  type Resource,
  type Verdict,
} from '../values.ts'
import { type HostView, hostView } from './agent-record.ts'
import { type GrantView, grantView } from './grant-view.ts'
import { narrowableOf } from './narrowable.ts'
import { type OnCall, type OnCallView, onCallView } from './on-call-view.ts'
import { askedOfStep, changedSteps, type StepView, stepViews, titleOfPlan } from './plan-view.ts'
import { registryView } from './registry-view.ts'
import { channelsOf } from './routing.ts'
import { type RunView, runView } from './run-words.ts'
import { type Who, whoIs } from './who.ts'

/** The parts of a bundle that a view needs. */
export type ViewFacts = Pick<
  Bundle,
  'actions' | 'changes' | 'agents' | 'directory' | 'ladder' | 'deployment' | 'calendar'
> &
  OpeningRules & {
    /** The people who could decide the open stage, by the sources of groups, now. */
    onCall?: readonly OnCall[]
  }

export type DecisionView = { person: Who; for?: Who; verdict: Verdict; at: NumericDate } & Pick<
  Decision,
  'comment' | 'toAgent' | 'suggest'
>

/** Words of a person to the agent on another request. */
export type ToldView = Omit<ToldWords, 'by'> & { by: Who }

export type StageView = {
  name: string
  quorum: number
  /** The aliases of the channels whose cards have the buttons. */
  channels: readonly string[]
  decisions: readonly DecisionView[]
  opensAt?: NumericDate
  deadline?: NumericDate
  escalatedAt?: NumericDate
  /** The group to which silence escalates it, or has escalated it. */
  escalateTo?: string
  isOpen: boolean
  /** True if its turn has come. */
  wasAsked: boolean
  /** The login that an approval needs, if a click or a session is not enough. Seconds. */
  login?: { acr?: string; maxAge?: number }
  needsComment: boolean
  /** True if an approval needs the typed name of the resource. */
  needsName: boolean
  /** The people on call, while the stage is open. */
  onCall?: readonly OnCallView[]
}

export type NarrowingView = Omit<NarrowedOnce, 'by'> & { by: Who }

/** A question to the agent. `decisionsBefore`: the approvals that stood when the answer came. */
export type QuestionView = Omit<Question, 'by' | 'for'> & { by: Who; for?: Who }

/** An approver's call for a colleague to decide the stage. */
export type ColleagueView = { stage: string; by: Who; to: Who; at: NumericDate }

/** A change of the resource after people decided: the approvals of that round do not count. */
export type ChangeView = {
  at: NumericDate
  from: ResourcePreview
  to: ResourcePreview
  approvers: readonly Who[]
  /** The request was approved, and nothing had been issued. */
  wasApproved: boolean
  /** The steps of a plan whose state changed. */
  steps?: readonly number[]
}

/** A number with the range to which an approver may lower it, or a list with the number of items that may be left. */
export type Narrowable = { name: string; least: number; most: number } & (
  | { of: 'argument' | 'uses' | 'minutes'; decimal?: true }
  | { of: 'items'; items: readonly unknown[] }
)

export type EndView = { at: NumericDate; by: Who; for?: Who; reason?: string; outcome?: Outcome; note?: string }

/**
 * A request as people see it, in values. Each channel draws only this, with the sentences of `request-words.ts`.
 * `request-view.test.ts` has a row for each member, with the channels that show it. Texts of others are not made inert
 * here.
 */
export type RequestView = ReadTerms<'people'> & {
  id: RequestId
  round: number
  digest: Digest
  argumentsDigest: Digest
  /** The catalogue's title; the value of an argument is marked. */
  title: readonly { text: string; isValue: boolean }[]
  action: string
  resource: Resource
  arguments: JsonObject
  /** The arguments whose members the catalogue closes, which are shown by path. */
  nested?: readonly string[]
  /** The steps of a plan, in order. `arguments` has the same steps, which channels show only once. */
  steps?: readonly StepView[]
  tier: { number: number; most: number; name?: string }
  policies: readonly string[]
  agent: { id: string; autonomy?: string; owner: Who }
  /** The person who asked on the agent's behalf. */
  askedBy?: Who
  /**
   * Present for a change of the registry: the person who accepts a transfer, and the refusal of a write. `agent` is
   * then the asking person, `resource` the agent, and `preview` its entry before and after.
   */
  registry?: { accepts?: Who; acceptedAt?: NumericDate; code?: Refusal }
  /** The facts about the agent beside its file, at the submission; absent for a plan, which has those of its doers. */
  host?: HostView
  chain: readonly { id: string; owner: Who }[]
  /** The people who wrote to the agent about this action before, and the people barred for it. */
  suggestedBy?: readonly Who[]
  barred?: readonly Who[]
  /** Words of people to the agent on other requests shortly before, oldest first. */
  told?: readonly ToldView[]
  /** The grant that it extends, and the people who approved that grant. */
  extends?: { request: RequestId; approvers: readonly Who[] }
  terms: { uses: number; claimWithin: number; lifetime: number }
  /** Undefined if the catalogue no longer has the action. */
  undo?: CatalogueEntry['undo']
  submittedAt: NumericDate
  status: Status
  stages: readonly StageView[]
  narrowings: readonly NarrowingView[]
  /** Oldest first. */
  questions: readonly QuestionView[]
  colleagues: readonly ColleagueView[]
  narrowable: readonly Narrowable[]
  /** The name that an approver types, if the tier demands it. */
  typeThis?: string
  /** The present and future values; absent if the catalogue has no preview of the action. */
  preview?: ResourcePreview
  /** True if the deployment says that only Hotwork may execute change sets. */
  changesGuarded?: true
  /** Oldest first; each began a round. */
  changes: readonly ChangeView[]
  /** The last moment for a decision, while it is pending. */
  decideBy?: NumericDate
  grant?: GrantView
  run?: RunView
  ended?: EndView
  /** Present if a person sent it back. */
  outcome?: 'revise'
}

/** @param state the request as of now, with its due changes applied */
export function describeRequest(state: ApprovalRequest, facts: ViewFacts): RequestView {
  const { ask, status } = state
  const entry = entryNamed(facts, ask.action)
  const open = openStage(state)
  return {
    id: ask.id,
    round: state.round,
    digest: ask.digest,
    argumentsDigest: ask.argumentsDigest,
    title: titleOf(ask, facts),
    action: ask.action,
    resource: ask.resource,
    arguments: ask.arguments,
    ...readTerms('people', ask),
    tier: {
      number: state.tier,
      most: Math.max(state.tier, ...facts.ladder.tiers.map(({ tier }) => tier)),
      ...defined({ name: tierOf(facts.ladder, state.tier)?.name }),
    },
    policies: state.policies,
    agent: {
      id: ask.agent.id,
      owner: whoIs(facts, ask.owner),
      ...defined({ autonomy: agentOf(facts as Bundle, ask.agent.id)?.autonomy }),
    },
    chain: ask.chain.map(({ id, owner }) => ({ id, owner: whoIs(facts, owner) })),
    terms: { uses: ask.uses, claimWithin: ask.claimWithin, lifetime: ask.lifetime },
    submittedAt: state.submittedAt,
    status,
    stages: state.stages.map((stage) => stageView(stage, stage === open, facts)),
    narrowings: (state.narrowings ?? []).map(({ by, ...narrowed }) => ({ ...narrowed, by: whoIs(facts, by) })),
    questions: (state.questions ?? []).map(({ by, for: absent, ...rest }) => ({
      ...{ ...rest, by: whoIs(facts, by) },
      ...defined({ for: absent === undefined ? undefined : whoIs(facts, absent) }),
    })),
    colleagues: (state.colleagues ?? []).map(({ by, to, ...rest }) => ({
      ...{ ...rest, by: whoIs(facts, by), to: whoIs(facts, to) },
    })),
    narrowable: narrowableOf(ask, entry),
    changes: changeViews(state, facts),
    ...originView(state, facts),
    ...defined({
      preview: state.preview,
      changesGuarded: guardedIn(state, facts),
      host: noHost.includes(originOf(ask).kind) ? undefined : hostView(ask),
      typeThis: typeThisOf(state),
      nested: entry && nestedIn(entry.arguments),
      undo: entry?.undo,
      decideBy: status === 'pending' ? state.decideBy : undefined,
      grant: grantView(state),
      run: runView(state, entry),
      ended: endView(state, facts),
      outcome: status === 'denied' ? state.outcome : undefined,
      suggestedBy: ask.suggestedBy?.map((id) => whoIs(facts, id)),
      barred: ask.barred?.map((id) => whoIs(facts, id)),
      told: ask.told?.map(({ by, ...words }) => ({ ...words, by: whoIs(facts, by) })),
    }),
  }
}

const guardedIn = ({ preview }: ApprovalRequest, { deployment }: ViewFacts): true | undefined =>
  preview?.outcome === 'matched' && preview.run?.change && deployment.changesGuardrail ? true : undefined

/** Plans have the facts of their doers, and people ask for changes of the registry. */
const noHost: readonly Origin['kind'][] = ['plan', 'registry']

function originView(state: ApprovalRequest, facts: ViewFacts): Partial<RequestView> {
  const who = (id: string) => whoIs(facts, id)
  const origin = originOf(state.ask)
  switch (origin.kind) {
    case 'person':
      return { askedBy: who(origin.askedBy) }
    case 'extension':
      return { extends: { request: origin.of, approvers: origin.approvedBefore.map(who) } }
    case 'plan':
      return { steps: stepViews(state, facts, who) }
    case 'registry':
      return registryView(state, origin.change, who)
    default:
      origin satisfies { kind: 'agent' | 'draw' | 'delegation' | 'step' | 'opening' | 'registry' }
      return {}
  }
}

/**
 * The digest of everything that a person decides on. The decision has it, and it changes only with the round. Personal
 * terms are left out: they decide nothing, their texts may be erased, and an unsalted digest would confirm a guess of
 * them.
 */
export function shownDigest(view: RequestView): Digest {
  const {
    status: _,
    stages: _1,
    decideBy: _2,
    grant: _3,
    ended: _4,
    questions: _5,
    colleagues: _6,
    outcome: _7,
    run: _8,
    registry,
    steps,
    ...rest
  } = view
  const asked = Object.entries(rest).filter(([name]) => !isPersonal(name))
  const shown = {
    ...Object.fromEntries(asked),
    ...defined({ steps: steps?.map(askedOfStep), registry: registry?.accepts }),
  }
  return digestOf('hotwork.page.v1', shown as unknown as Json)
}

/** An action of agents, or a change of the registry that people ask for. */
const entryNamed = ({ actions, changes = {} }: Pick<ViewFacts, 'actions' | 'changes'>, name: string) =>
  actions[name] ?? changes[name]

/** The catalogue's title of an action with these arguments. */
export const titleOfAction = (
  ask: Pick<Ask, 'action' | 'arguments'>,
  facts: Pick<ViewFacts, 'actions' | 'changes'>,
): RequestView['title'] => {
  const entry = entryNamed(facts, ask.action)
  return entry ? titleParts(entry, ask.arguments) : [{ text: ask.action, isValue: true }]
}

export function titleOf(ask: Ask, facts: Pick<ViewFacts, 'actions' | 'changes'>): RequestView['title'] {
  const origin = originOf(ask)
  return origin.kind === 'plan' ? titleOfPlan(origin.steps) : titleOfAction(ask, facts)
}

function stageView(stage: StageState, isOpen: boolean, facts: ViewFacts): StageView {
  const { terms, decisions, opensAt, deadline, escalatedAt } = stage
  const login = defined({ acr: terms.acr, maxAge: terms.maxAge })
  return {
    name: terms.name,
    quorum: terms.quorum,
    channels: channelsOf(stage),
    decisions: decisions.map(({ person, for: absent, verdict, at, comment, toAgent, suggest }) => ({
      person: whoIs(facts, person),
      verdict,
      at,
      ...defined({ for: absent === undefined ? undefined : whoIs(facts, absent), comment, toAgent, suggest }),
    })),
    isOpen,
    wasAsked: decisions.length > 0 || opensAt !== undefined || fillingOf(stage).missing === 0,
    needsComment: terms.comment === 'required',
    needsName: terms.typeTheName === true,
    ...defined({
      opensAt,
      deadline,
      escalatedAt,
      escalateTo: terms.onSilence === 'expire' ? undefined : terms.onSilence.escalateTo,
      login: Object.keys(login).length === 0 ? undefined : login,
      onCall:
        isOpen && facts.onCall?.length ? facts.onCall.map((each) => onCallView(each, facts.directory)) : undefined,
    }),
  }
}

function changeViews({ drifts = [], preview }: ApprovalRequest, facts: ViewFacts): readonly ChangeView[] {
  return drifts.flatMap(({ at, from, approvers, approved = false }, index) => {
    const to = drifts[index + 1]?.from ?? preview
    const people = approvers.map((id) => whoIs(facts, id))
    const of = defined({ steps: to && changedSteps(from, to) })
    return to === undefined ? [] : [{ at, from, to, approvers: people, wasApproved: approved, ...of }]
  })
}

function endView(state: ApprovalRequest, facts: ViewFacts): EndView | undefined {
  const agent = { id: state.ask.agent.id }
  switch (state.status) {
    case 'pending':
    case 'approved':
      return undefined
    case 'denied':
      return { at: state.deniedAt, ...settler(state, state.deniedBy, facts), ...defined({ reason: state.reason }) }
    case 'revoked':
      return { at: state.revokedAt, ...settler(state, state.revokedBy, facts), reason: state.reason }
    case 'completed':
      return {
        ...{ at: state.completedAt, outcome: state.outcome },
        by: state.run || originOf(state.ask).kind === 'registry' ? { id: 'system' } : agent,
        ...defined({ note: state.note }),
      }
    case 'withdrawn':
      return { at: state.withdrawnAt, by: agent }
    case 'expired':
      return { at: state.expiredAt, by: { id: 'system' } }
    default:
      return state satisfies never
  }
}

/** The person whose denial ended it and, if they stood in, the absent person. */
function settler({ stages }: ApprovalRequest, by: string, facts: ViewFacts): Pick<EndView, 'by' | 'for'> {
  const denial = stages
    .flatMap(({ decisions }) => decisions)
    .find(({ verdict, person }) => isRefusal(verdict) && person === by)
  return {
    by: whoIs(facts, by),
    ...defined({ for: denial?.for === undefined ? undefined : whoIs(facts, denial.for) }),
  }
}

/** The number of people who approved a stage. */
export const approvalsOf = ({ decisions }: Pick<StageView, 'decisions'>): number =>
  decisions.filter(({ verdict }) => verdict === 'approve').length

export const openStageOf = ({ stages }: RequestView): StageView | undefined => stages.find(({ isOpen }) => isOpen)
