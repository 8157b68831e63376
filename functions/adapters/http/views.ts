// Rules: test/http/representations.test.ts, test/http/break-glass-view.test.ts
import * as z from 'zod'
import type { BudgetLeft } from '../../domain/break-glass/budget-left.ts'
import type { GrantView } from '../../domain/cards/grant-view.ts'
import { describeOpening, type OpeningView } from '../../domain/cards/opening-view.ts'
import type { EndView, QuestionView, RequestView, StageView, ViewFacts } from '../../domain/cards/request-view.ts'
import { describeRequest, openStageOf } from '../../domain/cards/request-view.ts'
import { argumentRows, saidRows, titleText, toolRows } from '../../domain/cards/request-words.ts'
import type { RunView } from '../../domain/cards/run-words.ts'
import type { Row } from '../../domain/cards/sentence.ts'
import type { ActualCalls, Call, Entries } from '../../domain/cards/wire/ledger.ts'
import type { Budget, DrillReport, Opening } from '../../domain/cards/wire/opening.ts'
import type { StandIn as StandInAnswer } from '../../domain/cards/wire/people.ts'
import type { End, Grant, Request } from '../../domain/cards/wire/request.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { inert, lookalikeNote } from '../../domain/inert.ts'
import type { Entry } from '../../domain/ledger/ledger.ts'
import { type StandIn, statusOf } from '../../domain/people/stand-in.ts'
import { termMembers } from '../../domain/record/ask-terms.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import type { Actual, JudgedCall } from '../../domain/uses/actual.ts'
import { defined, type NumericDate, PersonId, rfc3339, Timestamp } from '../../domain/values.ts'
import type { Drill } from '../../operations/break-glass/notify.ts'
import type { Trail } from '../../operations/ledger/read-trail.ts'
import type { EntriesPage } from '../../operations/requests/read-requests.ts'
import { timeMember } from './authzen.ts'
import { changeMembers, changeSetMembers, noteMember, previewMembers, shownPreview } from './preview-view.ts'
import { hostMembers, shownStep, stepMembers } from './step-view.ts'

/** A request as the API shows it to people (docs/api.md). */
export const personView = (state: ApprovalRequest, facts: ViewFacts): Said<typeof Request> =>
  requestMembers(describeRequest(state, facts))

/** A request in a list: without the texts of evidence, which would make a page of fifty too large. */
export function listedView(state: ApprovalRequest, facts: ViewFacts): Said<typeof Request> {
  const { evidence, ...view } = personView(state, facts)
  return { ...view, ...defined({ evidence: evidence?.map(({ text: _, ...item }) => item) }) }
}

export const requestMembers = (view: RequestView): Said<typeof Request> => ({
  id: view.id,
  kind: view.steps ? 'plan' : 'action',
  status: view.status,
  title: titleText(view.title),
  agent: view.agent.id,
  ...defined({ autonomy: view.agent.autonomy }),
  owner: view.agent.owner.id,
  ...defined({
    asked_by: view.askedBy?.id,
    registry: view.registry && registryMembers(view.resource.id, view.registry),
  }),
  ambient: view.host?.ambient ?? 'unknown',
  ...(view.host ? hostMembers(view.agent.id, view.host) : {}),
  ...defined({
    outcome: view.outcome,
    suggested_by: view.suggestedBy?.map(({ id }) => id),
    barred: view.barred?.map(({ id }) => id),
    told: view.told?.map(({ by, at, ...words }) => ({ ...words, by: by.id, at: rfc3339(at) })),
  }),
  ...(view.chain.length === 0 ? {} : { chain: view.chain.map(({ id, owner }) => ({ agent: id, owner: owner.id })) }),
  action: view.action,
  arguments: view.arguments,
  resource: view.resource,
  ...termMembers('people', view),
  ...(view.extends
    ? { extends: view.extends.request, approved_before: view.extends.approvers.map(({ id }) => id) }
    : {}),
  tier: view.tier.number,
  ...defined({ tier_name: view.tier.name }),
  policies: view.policies,
  digest: view.digest,
  arguments_digest: view.argumentsDigest,
  ...defined({ steps: view.steps?.map(stepMembers) }),
  terms: { uses: view.terms.uses, claim_within: view.terms.claimWithin, lifetime: view.terms.lifetime },
  ...defined({ undo: view.undo }),
  round: view.round,
  ...(view.narrowings.length === 0
    ? {}
    : { narrowings: view.narrowings.map((each) => ({ ...each, by: each.by.id, at: rfc3339(each.at) })) }),
  ...(view.questions.length === 0 ? {} : { questions: view.questions.map(questionMembers) }),
  ...(view.colleagues.length === 0
    ? {}
    : {
        colleagues: view.colleagues.map(({ by, to, at, stage }) => ({ stage, by: by.id, to: to.id, at: rfc3339(at) })),
      }),
  ...(view.changes.length === 0 ? {} : { changes: view.changes.map(changeMembers) }),
  ...defined({ preview: view.preview && { ...previewMembers(view.preview), ...changeSetMembers(view) } }),
  ...(view.narrowable.length === 0 ? {} : { narrowable: view.narrowable }),
  ...defined({ type_this: view.typeThis }),
  submitted_at: rfc3339(view.submittedAt),
  ...defined({ decide_by: timeMember(view.decideBy) }),
  stage: openStageOf(view)?.name ?? null,
  stages: view.stages.map(stageMembers),
  ...defined({
    ended: view.ended && endMembers(view.ended),
    grant: view.grant && grantMembers(view.grant, view.status),
    run: view.run && runMembers(view.run),
  }),
})

const runMembers = ({ status, since, until, note, canStop }: RunView): Said<typeof Request>['run'] => ({
  status,
  since: rfc3339(since),
  ...defined({ until: timeMember(until), note }),
  can_stop: canStop,
})

/**
 * The parts of a request that others wrote, for a screen: characters that hide or reorder are spelled out, two different
 * values look different, and a note names letters that may pass for others.
 */
export function shownView(state: ApprovalRequest, facts: ViewFacts): Said<typeof Request>['shown'] {
  const view = describeRequest(state, facts)
  const row = ({ label, text, note }: Row) => ({ name: label, text, ...noteMember(note) })
  const { id } = view.resource
  return {
    arguments: view.steps ? [] : argumentRows(view).map(row),
    ...shownPreview(view),
    ...defined({ steps: view.steps?.map(shownStep) }),
    resource: { text: inert(id), ...noteMember(lookalikeNote(id)) },
    ...defined({ mcp: toolRows(view).map(row)[0] }),
    said: saidRows(view).map(row),
    ...defined({ justification: view.justification === undefined ? undefined : inert(view.justification) }),
    ...(view.questions.length === 0
      ? {}
      : {
          questions: view.questions.map(({ id, text, answer }) => ({
            ...{ id, text: inert(text) },
            ...defined({ answer: answer && inert(answer.text) }),
          })),
        }),
  }
}

const registryMembers = (agent: string, { accepts, acceptedAt, code }: NonNullable<RequestView['registry']>) => ({
  agent,
  ...defined({ accepts: accepts?.id, accepted_at: timeMember(acceptedAt), code }),
})

const stageMembers = ({ name, quorum, decisions, ...stage }: StageView): Said<typeof Request>['stages'][number] => ({
  name,
  quorum,
  ...(stage.needsComment ? { needs_comment: true } : {}),
  decisions: decisions.map(({ person, for: absent, verdict, at, comment, toAgent, suggest }) => ({
    person: person.id,
    verdict,
    at: rfc3339(at),
    ...defined({ for: absent?.id, comment, to_agent: toAgent }),
    ...(suggest === undefined ? {} : { suggest: { arguments: suggest } }),
  })),
  ...defined({
    login: stage.login && defined({ acr: stage.login.acr, max_age: stage.login.maxAge }),
    opens_at: timeMember(stage.opensAt),
    deadline: timeMember(stage.deadline),
    escalate_to: stage.escalateTo,
    escalated_at: timeMember(stage.escalatedAt),
    on_call: stage.onCall?.map(({ group, by, members }) => ({
      ...{ group, by },
      members: members.map(({ id, name, until }) => ({ person: id, ...defined({ name, until: timeMember(until) }) })),
    })),
  }),
})

const questionMembers = ({ id, by, for: absent, stage, at, text, answer }: QuestionView) => ({
  id,
  by: by.id,
  ...defined({ for: absent?.id }),
  stage,
  at: rfc3339(at),
  text,
  ...defined({
    answer: answer && { at: rfc3339(answer.at), text: answer.text, decisions_before: answer.decisionsBefore },
  }),
})

const endMembers = ({ at, by, for: absent, reason, outcome, note }: EndView): Said<typeof End> => ({
  at: rfc3339(at),
  by: by.id,
  ...defined({ for: absent?.id, reason, outcome, note }),
})

const grantMembers = (grant: GrantView, status: string): Said<typeof Grant> => ({
  id: grant.id,
  approved_at: rfc3339(grant.approvedAt),
  claim_by: rfc3339(grant.claimBy),
  not_after: rfc3339(grant.notAfter),
  uses_left: grant.usesLeft,
  status: status === 'approved' ? 'live' : status,
  ...defined({ claimed_at: timeMember(grant.claimedAt) }),
  uses: grant.uses.map(({ id, tool, begunAt, endedAt, outcome }) => ({
    id,
    tool,
    begun_at: rfc3339(begunAt),
    ...defined({ ended_at: timeMember(endedAt), outcome }),
  })),
})

export const breakGlassView = (state: ApprovalRequest, facts: ViewFacts): Said<typeof Opening> =>
  openingMembers(describeOpening(state, facts))

export const openingMembers = (view: OpeningView): Said<typeof Opening> => ({
  id: view.id,
  status: view.status,
  person: view.person.id,
  ...defined({ profile: view.profile }),
  action: view.action,
  arguments: view.arguments,
  resource: view.resource,
  rights: view.rights,
  environment: view.environment,
  reason: view.reason,
  incident: view.incident,
  minutes: Math.floor(view.window / 60),
  drill: view.drill,
  ...(view.sealed ? { sealed: true } : {}),
  ...defined({ vouched_by: view.vouchedBy?.id }),
  digest: view.digest,
  unpinned: view.unpinned,
  credential: view.credential,
  opened_at: rfc3339(view.submittedAt),
  not_after: rfc3339(view.until),
  ...defined({
    ended: view.ended && endMembers(view.ended),
    grant: view.grant && grantMembers(view.grant, view.status),
    review: view.review && reviewMembers(view.review),
  }),
})

const reviewMembers = ({
  dueAt,
  overdueAt,
  done,
}: NonNullable<OpeningView['review']>): Said<typeof Opening>['review'] => ({
  due_at: rfc3339(dueAt),
  status: done ? 'done' : overdueAt === undefined ? 'due' : 'overdue',
  ...(done ? { by: done.by.id, at: rfc3339(done.at), outcome: done.outcome, note: done.note } : {}),
})

export const budgetView = ({ budget, left, ...of }: BudgetLeft): Said<typeof Budget> => ({
  ...of,
  budget_minutes: Math.floor(budget / 60),
  left_minutes: Math.floor(left / 60),
})

/** `calls` is null if they are unknown; `calls_unread` names accounts whose record did not answer. */
export const trailView = ({ credentials, calls }: Trail): Pick<Said<typeof Opening>, 'credentials' | 'calls'> => ({
  credentials: credentials.map(({ id, claim, issuedAt, expiresAt, role }) => ({
    id,
    kind: claim,
    issued_at: rfc3339(issuedAt),
    expires_at: rfc3339(expiresAt),
    ...defined({ role }),
  })),
  ...callsView(calls),
})

function callsView(actual: Actual | undefined): Pick<Said<typeof Opening>, 'calls'> {
  if (!actual) return { calls: null }
  const { calls, unused, not_recorded, ...rest } = actualMembers(actual)
  return { calls, ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [`calls_${name}`, value])) }
}

/** `GET /v1/requests/{id}/actual`. */
export const actualView = (request: string, actual: Actual): Said<typeof ActualCalls> => ({
  request,
  ...actualMembers(actual),
})

const actualMembers = ({ calls, unused, notRecorded, complete, more, unread }: Actual) => ({
  complete,
  unused,
  calls: calls.map(callView),
  more,
  ...(unread.length > 0 ? { unread } : {}),
  ...(notRecorded.length > 0 ? { not_recorded: notRecorded } : {}),
})

const callView = ({ at, ...call }: JudgedCall): Said<typeof Call> => ({ at: rfc3339(at), ...defined(call) })

/** Times in seconds. */
export const drillView = ({ state, report }: Drill): Said<typeof DrillReport> => ({
  id: state.ask.id,
  drill: true,
  status: state.status,
  opened_at: rfc3339(report.openedAt),
  not_after: rfc3339(report.until),
  kept: report.steps.every(({ verdict }) => verdict !== 'missed'),
  steps: report.steps.map(({ step, verdict, within, took }) => ({
    step,
    verdict,
    within_seconds: within,
    ...defined({ took_seconds: took }),
  })),
  told: {
    due: report.told.due,
    missing: report.told.missing,
    in_channel: report.told.inChannel,
    paged: report.told.paged,
  },
})

export const StandInBody = z.strictObject({ person: PersonId, until: Timestamp, from: Timestamp.optional() })

export const standInView = (standIn: StandIn, now: NumericDate): Said<typeof StandInAnswer> => ({
  id: standIn.id,
  status: statusOf(standIn, now),
  for: standIn.for,
  by: standIn.by,
  from: rfc3339(standIn.from),
  until: rfc3339(standIn.until),
  at: rfc3339(standIn.at),
  ...(standIn.ended ? { ended: { by: standIn.ended.by, at: rfc3339(standIn.ended.at) } } : {}),
})

/**
 * A line of NDJSON. Characters that some readers treat as line ends, or that hide, are escaped; the value stays the
 * same.
 */
export const lineOf = (entry: Entry): string =>
  `${JSON.stringify(entry).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)}\n`

const escaped = (text: string): string => (text.length === 1 ? unitOf(text) : text.split('').map(unitOf).join(''))
const unitOf = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`

export const entriesView = ({ entries, personal, next }: EntriesPage): Said<typeof Entries> => ({
  entries,
  personal,
  ...defined({ next: next === undefined ? undefined : String(next) }),
})
