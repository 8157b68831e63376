import { requestMembers } from '../../../../functions/adapters/http/views.ts'
import { drawRequestPage } from '../../../../functions/adapters/pages/request-page.ts'
import { drawRequest } from '../../../../functions/channels/slack/cards/card.ts'
import { drawRow, drawWaitingRow } from '../../../../functions/channels/slack/cards/rows.ts'
import type { HostView } from '../../../../functions/domain/cards/agent-record.ts'
import { describeRequest, type RequestView, shownDigest } from '../../../../functions/domain/cards/request-view.ts'
import { evidenceOf } from '../../../../functions/domain/record/evidence.ts'
import type { Matched, Preview } from '../../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { Digest, QuestionId, RequestId } from '../../../../functions/domain/values.ts'
import { asChangeSet } from '../../../support/change-sets/asked.ts'
import { writeFile } from '../../../support/mcp-tool.ts'
import { person, sampleBundle, start } from '../../../support/world.ts'
import { page } from '../edge/door.ts'
import { planStates } from './plan-states.ts'
import { registryStates } from './registry-states.ts'
import { everyState } from './states.ts'
import { changed, holdToTable, type Paths, type Row } from './view-table.ts'

/**
 * The view of a request, and the renderers that show each of its members. A member without a row here does not compile.
 */

const bundle = sampleBundle()
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  const known = await everyState(bundle)
  const previewed = known.get('previewed') as ApprovalRequest
  states = new Map([
    ...known,
    ...planStates(),
    ...registryStates(bundle, known),
    ['a change set', asChangeSet(previewed)],
  ])
})

const renderers = {
  /** The card in the channel that decides it. */
  card: (view: RequestView) => drawRequest(view, view.stages[0]?.channels[0] ?? '', { page, offersPermit: true }),
  /** Its lines on the Home tab and in the answer to `/hotwork list`. */
  list: (view: RequestView) => [drawRow(view), drawWaitingRow(view, start)],
  /** Its page for a person who may decide it, without the digest of everything shown. */
  page: (view: RequestView) =>
    drawRequestPage({
      view,
      whyNot: { approve: undefined, deny: undefined, revise: undefined },
      reader: { name: 'Ana', csrf: 'x', person: person('ana') },
      now: start,
    }).replaceAll(shownDigest(view), ''),
  /** R of the API. */
  api: requestMembers,
} satisfies { [name: string]: (view: RequestView) => unknown }

const waiting = 'waiting for the first stage'
const changedState = 'changed after an approval'
const [plan, waitingPlan] = ['a plan in progress', 'a plan that waits']
const [endedRun, revokedRun] = ['a run that ended', 'a revoked run']
const [previewedRun, changedRun, planOfRuns] = ['a previewed run', 'a changed run', 'a plan of runs']
const planInVain = 'a plan previewed in vain'
const digest = `sha-256:${'x'.repeat(43)}`
const later = start + 12_345
/** An argument whose members have paths, where the catalogue closes it. */
const spec = { spec: { replicas: 3 } }

const changeNumbers = ['added', 'changed', 'replaced', 'removed', 'stateful_removed', 'unpinned'] as const
const rowValues = {
  action: 'add',
  type: 'AWS::Other',
  id: 'Other',
  depth: 1,
  maybe: true,
  leaves: 'snapshot',
  scope: ['Other'],
}
type RowPath = `tree.rows.${keyof typeof rowValues | 'data'}`
type RunPath =
  | 'runsAs'
  | 'open'
  | 'concerns'
  | 'shows'
  | `change.${(typeof changeNumbers)[number] | 'types'}`
  | RowPath
  | 'tree.more'

/** Earlier readings have the numbers alone, for the record. */
const onlyNumbers = {
  ...Object.fromEntries(changeNumbers.map((name) => [`change.${name}`, 'api'])),
  'change.types': 'api',
}

/** The rows of what a preview says about a run. The term has its role, and `unpinned` what it leaves open. */
const ofRun = <At extends string>(at: At, state: string, channels: { [path: string]: string }) =>
  Object.fromEntries(
    [
      ['runsAs', 'arn:other'],
      ['open', ['something else']],
      ['concerns', ['arn:other']],
      ['shows', `sha-256:${'9'.repeat(43)}`],
      ...changeNumbers.map((name) => [`change.${name}`, 7]),
      ['change.types', ['AWS::Other']],
      ...Object.entries(rowValues).map(([name, value]) => [`tree.rows.${name}`, value]),
      ['tree.rows.data', undefined],
      ['tree.more', 7],
    ].map(([path, value]) => [`${at}.run.${path}`, [state, value, channels[path as string] ?? channels['*'] ?? '']]),
  ) as unknown as { readonly [path in `${At}.run.${RunPath}`]: Row }

const table: { readonly [path in Paths<RequestView>]: Row } = {
  id: [waiting, `req_${'1'.repeat(26)}`, 'card page api'],
  round: [waiting, 2, 'card list page api'],
  digest: [waiting, digest, 'card page api'],
  argumentsDigest: [waiting, digest, 'api'],
  'title.text': [waiting, 'Turn off ', 'card list page api'],
  'title.isValue': [waiting, true, 'card list page api'],
  action: [waiting, 'other:Action', 'card list page api'],
  'resource.type': [waiting, 'other:type', 'page api'],
  'resource.id': [waiting, 'arn:other', 'card page api'],
  environment: [waiting, 'staging', 'card list page api'],
  classification: [waiting, 'secret', 'card list page api'],
  arguments: [waiting, { Other: 1 }, 'card page api'],
  'mcp.server.name': [waiting, 'other-server', 'card page api'],
  'mcp.server.version': [waiting, '7.7.7', 'card page api'],
  'mcp.tool': [waiting, 'other_tool', 'card page api'],
  'mcp.schema': [waiting, digest, 'card page api'],
  runsAs: [waiting, 'arn:other', 'card page api'],
  unpinned: [waiting, 'something else', 'card page api'],
  'tier.number': [waiting, 3, 'card list page api'],
  'tier.most': [waiting, 9, 'card list page'],
  'tier.name': [waiting, 'another name', 'card list page api'],
  policies: [waiting, 'another-policy', 'card page api'],
  'agent.id': [waiting, 'agent:other', 'card list page api'],
  'agent.autonomy': [waiting, 'orchestrator', 'card page api'],
  'agent.owner.id': [waiting, 'person:other', 'card page api'],
  'agent.owner.name': [waiting, 'Other Name', 'card page'],
  'askedBy.id': [waiting, 'person:other', 'card list page api'],
  'askedBy.name': [waiting, 'Other Name', 'card list page'],
  'registry.accepts.id': ['a transfer', 'person:other', 'card list page api'],
  'registry.accepts.name': ['a transfer', 'Other Name', 'card list page'],
  'registry.acceptedAt': ['an accepted transfer', later, 'card list page api'],
  'registry.code': ['a change that was not written', 'invalid_registry', 'card list page api'],
  'host.ambient': [waiting, 'allowed', 'card page api'],
  'host.live': [waiting, true, 'card page'],
  'host.record.asked': [waiting, 77, 'card page api'],
  'host.record.denied': [waiting, 77, 'card page api'],
  'host.record.refused': [waiting, 77, 'card page api'],
  'host.record.extraCalls': [waiting, 77, 'card page api'],
  'host.record.last.request': [waiting, `req_${'2'.repeat(26)}`, 'api'],
  'host.record.last.at': [waiting, start - 7, 'card page api'],
  'host.record.last.status': [waiting, 'revoked', 'card page api'],
  'chain.id': [waiting, 'agent:other', 'card page api'],
  'chain.owner.id': [waiting, 'person:other', 'card page api'],
  'chain.owner.name': [waiting, 'Other Name', 'card page'],
  purpose: [waiting, 'another', 'card page api'],
  'parentTask.id': [waiting, 'INC-1', 'card page api'],
  'parentTask.url': [waiting, 'https://other.example/', 'card page api'],
  taskSource: [waiting, 'argument', 'card page api'],
  justification: [waiting, 'another reason', 'card page api'],
  'evidence.title': [waiting, 'another title', 'card page api'],
  'evidence.url': [waiting, 'https://other.example/', 'card page api'],
  // The card says that there is one.
  'evidence.text': [waiting, 'another text', 'page api'],
  'evidence.media_type': [waiting, 'application/json', 'card page api'],
  // It is in the digest of the request.
  'evidence.digest': [waiting, digest, 'api'],
  'extends.request': ['asked again', `req_${'2'.repeat(26)}`, 'card list page api'],
  'extends.approvers.id': ['asked again', 'person:other', 'card list page api'],
  'extends.approvers.name': ['asked again', 'Other Name', 'card list page'],
  revises: ['revised', `req_${'2'.repeat(26)}`, 'card page api'],
  'revision.number': ['revised', 2, 'card page api'],
  'revision.changes': ['revised', { Other: { from: 2, to: 1 } }, 'card page api'],
  'revision.suggested': ['revised', true, 'card page api'],
  'suggestedBy.id': ['revised', 'person:other', 'card page api'],
  'suggestedBy.name': ['revised', 'Other Name', 'card page'],
  'barred.id': ['revised', 'person:other', 'card page api'],
  'barred.name': ['revised', 'Other Name', 'card page'],
  'told.request': ['revised', `req_${'2'.repeat(26)}`, 'card page api'],
  'told.by.id': ['revised', 'person:other', 'card page api'],
  'told.by.name': ['revised', 'Other Name', 'card page'],
  'told.at': ['revised', later, 'card page api'],
  'told.verdict': ['revised', 'deny', 'card page api'],
  'told.text': ['revised', 'another text', 'card page api'],
  outcome: ['revised', undefined, 'card list page api'],
  'incident.title': ['for an incident', 'Other title', 'card page api'],
  'incident.status': ['for an incident', 'closed', 'card page api'],
  'incident.url': ['for an incident', 'https://other.example/', 'card page api'],
  'terms.uses': ['in use', 7, 'card list page api'],
  'terms.claimWithin': [waiting, 77, 'card page api'],
  'terms.lifetime': [waiting, 77, 'card page api'],
  notBefore: [waiting, later, 'card list page api'],
  'undo.possible': [waiting, false, 'card list page api'],
  'undo.how': [waiting, 'in another way', 'card page api'],
  standing: ['approved', `stp_${'1'.repeat(26)}`, 'card page api'],
  submittedAt: ['withdrawn', later, 'card list page api'],
  status: ['withdrawn', 'expired', 'card list page api'],
  'stages.name': [waiting, 'other', 'card list page api'],
  'stages.quorum': [waiting, 5, 'card list page api'],
  // The channels only place the buttons, which the open stage's channels alone have.
  'stages.channels': [waiting, ['other'], ''],
  'stages.decisions.person.id': ['narrowed', 'person:other', 'card page api'],
  'stages.decisions.person.name': ['narrowed', 'Other Name', 'card page'],
  'stages.decisions.for.id': ['decided by a stand-in', 'person:other', 'card page api'],
  'stages.decisions.for.name': ['decided by a stand-in', 'Other Name', 'card page'],
  'stages.decisions.verdict': ['narrowed', 'deny', 'card page api'],
  // Left out of the card: with a time for each, hostile comments exceed Slack's limit.
  'stages.decisions.at': ['narrowed', start - 100, 'page api'],
  'stages.decisions.toAgent': ['revised', 'another text', 'card page api'],
  'stages.decisions.suggest': ['revised', { Other: 1 }, 'card page api'],
  'stages.decisions.comment': ['narrowed', 'another comment', 'card page api'],
  'stages.opensAt': [waiting, start + 60, 'card api'],
  'stages.deadline': [waiting, later, 'card list page api'],
  'stages.escalatedAt': ['escalated', later, 'card api'],
  'stages.escalateTo': ['escalated', 'others', 'card list page api'],
  'stages.isOpen': [waiting, false, 'card list page api'],
  'stages.wasAsked': ['expired without a decision', false, 'card page'],
  'stages.login.acr': [waiting, 'strongest', 'card page api'],
  'stages.login.maxAge': [waiting, 77, 'card page api'],
  'stages.needsComment': [waiting, true, 'card page api'],
  'stages.needsName': [waiting, true, 'card page'],
  // A schedule's people are named, and its group is not.
  'stages.onCall.group': [waiting, 'other', 'api'],
  'stages.onCall.by': [waiting, 'login', 'card page api'],
  'stages.onCall.members.id': [waiting, 'person:other', 'card page api'],
  'stages.onCall.members.name': [waiting, 'Other Name', 'card page api'],
  'stages.onCall.members.until': [waiting, later + 60, 'card page api'],
  'narrowings.by.id': ['narrowed', 'person:other', 'card page api'],
  'narrowings.by.name': ['narrowed', 'Other Name', 'card page'],
  'narrowings.at': ['narrowed', later, 'card page api'],
  'narrowings.arguments': ['narrowed', { Other: { from: 2, to: 1 } }, 'card page api'],
  'narrowings.uses.from': ['narrowed', 9, 'card page api'],
  'narrowings.uses.to': ['narrowed', 9, 'card page api'],
  'narrowings.lifetime.from': ['narrowed', 77, 'card page api'],
  'narrowings.lifetime.to': ['narrowed', 77, 'card page api'],
  'questions.id': [waiting, `qst_${'2'.repeat(26)}`, 'api'],
  'questions.by.id': [waiting, 'person:other', 'card page api'],
  'questions.by.name': [waiting, 'Other Name', 'card page'],
  'questions.for.id': [waiting, 'person:other', 'card page api'],
  'questions.for.name': [waiting, 'Other Name', 'card page'],
  'questions.stage': [waiting, 'other', 'api'],
  'questions.at': [waiting, later, 'card page api'],
  'questions.text': [waiting, 'another question', 'card page api'],
  'questions.answer.at': [waiting, later, 'card page api'],
  'questions.answer.text': [waiting, 'another answer', 'card page api'],
  'questions.answer.decisionsBefore': [waiting, 2, 'card page api'],
  'colleagues.stage': [waiting, 'other', 'card list page api'],
  'colleagues.by.id': [waiting, 'person:other', 'card list page api'],
  'colleagues.by.name': [waiting, 'Other Name', 'card list page'],
  'colleagues.to.id': [waiting, 'person:other', 'card list page api'],
  'colleagues.to.name': [waiting, 'Other Name', 'card list page'],
  'colleagues.at': [waiting, later, 'card list page api'],
  nested: [waiting, ['spec'], 'card page'],
  // The card has one button for all of them; its form has the fields.
  typeThis: [waiting, 'other-name', 'page api'],
  'narrowable.of': [waiting, 'argument', 'page api'],
  'narrowable.name': [waiting, 'other', 'page api'],
  'narrowable.least': [waiting, 3, 'page api'],
  'narrowable.most': [waiting, 77, 'page api'],
  'narrowable.decimal': [waiting, true, 'page api'],
  'preview.outcome': ['previewed', 'failed', 'card page api'],
  'preview.before': ['previewed', { Value: '7' }, 'card page api'],
  'preview.after': ['previewed', { Value: '7' }, 'card page api'],
  'preview.observedAt': ['previewed', later, 'card page api'],
  // People compare values; the digest is for the record.
  'preview.state': ['previewed', digest, 'api'],
  'preview.masked': ['previewed', ['Value'], 'card page api'],
  'preview.gap': ['previewed', undefined, 'card page api'],
  'preview.why': ['previewed in vain', 'denied', 'card page api'],
  'preview.reach.label': ['previewed', 'other fact', 'card page api'],
  'preview.reach.value': ['previewed', 7, 'card page api'],
  ...ofRun('preview', 'a change set', {
    ...{
      '*': 'card page api',
      runsAs: '',
      open: '',
      concerns: '',
      shows: '',
      'change.types': 'api',
      'tree.more': 'page api',
    },
  }),
  changesGuarded: ['a change set', true, 'card page api'],
  ...ofRun('changes.from', changedRun, onlyNumbers),
  ...ofRun('changes.to', changedRun, onlyNumbers),
  ...ofRun('steps.preview', planOfRuns, onlyNumbers),
  'changes.at': [changedState, start + 5, 'card page api'],
  'changes.from.outcome': [changedState, 'failed', 'card page api'],
  'changes.from.before': [changedState, { Value: '7' }, 'card page api'],
  // The earlier reading is for the record; the present one is in the preview.
  'changes.from.after': [changedState, { Value: '7' }, 'api'],
  'changes.from.observedAt': [changedState, later, 'api'],
  'changes.from.state': [changedState, digest, 'api'],
  'changes.from.masked': [changedState, ['Value'], 'card page api'],
  'changes.from.gap': [changedState, undefined, 'api'],
  'changes.from.why': [changedState, 'denied', ''],
  'changes.from.reach.label': [changedState, 'other fact', 'api'],
  'changes.from.reach.value': [changedState, 7, 'api'],
  'changes.to.outcome': [changedState, 'failed', 'card page api'],
  'changes.to.before': [changedState, { Value: '7' }, 'card page api'],
  'changes.to.after': [changedState, { Value: '7' }, 'api'],
  'changes.to.observedAt': [changedState, later, 'api'],
  'changes.to.state': [changedState, digest, 'api'],
  'changes.to.masked': [changedState, ['Value'], 'card page api'],
  'changes.to.gap': [changedState, undefined, 'api'],
  'changes.to.why': [changedState, 'denied', ''],
  'changes.to.reach.label': [changedState, 'other fact', 'api'],
  'changes.to.reach.value': [changedState, 7, 'api'],
  'changes.steps': ['a plan whose first step changed', 2, 'card page api'],
  'changes.approvers.id': [changedState, 'person:other', 'card page api'],
  'changes.approvers.name': [changedState, 'Other Name', 'card page'],
  'changes.wasApproved': [changedState, true, 'card page api'],
  'steps.step': [plan, 7, 'card page api'],
  'steps.request': [plan, `req_${'1'.repeat(26)}`, 'page api'],
  'steps.agent.id': [plan, 'agent:other', 'card page api'],
  'steps.agent.autonomy': [plan, 'assistive', 'card page api'],
  'steps.agent.owner.id': [plan, 'person:other', 'card page api'],
  'steps.agent.owner.name': [plan, 'Other Name', 'card page'],
  'steps.host.ambient': [plan, 'allowed', 'card page api'],
  'steps.host.live': [plan, true, ''],
  'steps.host.record.asked': [plan, 77, 'card page api'],
  'steps.host.record.denied': [plan, 77, 'card page api'],
  'steps.host.record.refused': [plan, 77, 'card page api'],
  'steps.host.record.extraCalls': [plan, 77, 'card page api'],
  'steps.host.record.last.request': [plan, `req_${'2'.repeat(26)}`, 'api'],
  'steps.host.record.last.at': [plan, start - 7, 'card page api'],
  'steps.host.record.last.status': [plan, 'revoked', 'card page api'],
  'steps.title.text': [plan, 'Turn off ', 'card page api'],
  'steps.title.isValue': [plan, true, 'card page api'],
  'steps.action': [plan, 'other:Action', 'card page api'],
  'steps.resource.type': [plan, 'other:type', 'page api'],
  'steps.resource.id': [plan, 'arn:other', 'card page api'],
  'steps.environment': [plan, 'staging', 'card page api'],
  'steps.classification': [plan, 'secret', 'page api'],
  'steps.arguments': [plan, { Other: 1 }, 'card page api'],
  'steps.mcp.server.name': [plan, 'other-server', 'card page api'],
  'steps.mcp.server.version': [plan, '7.7.7', 'card page api'],
  'steps.mcp.tool': [plan, 'other_tool', 'card page api'],
  'steps.mcp.schema': [plan, digest, 'card page api'],
  'steps.unpinned': [plan, 'something else', 'card page api'],
  'steps.terms.uses': [plan, 7, 'page api'],
  'steps.terms.claimWithin': [plan, 7_777, 'card page api'],
  'steps.terms.lifetime': [plan, 7_777, 'card page api'],
  'steps.undo.possible': [plan, false, 'card page api'],
  // The card only names the steps that cannot be undone; the page has the way for each.
  'steps.undo.how': [plan, 'in another way', 'page api'],
  'steps.nested': [plan, ['spec'], 'card page'],
  'steps.narrowable.of': [waitingPlan, 'uses', 'page api'],
  'steps.narrowable.name': [waitingPlan, 'other', 'page api'],
  'steps.narrowable.least': [waitingPlan, 3, 'page api'],
  'steps.narrowable.most': [waitingPlan, 77, 'page api'],
  'steps.narrowable.decimal': [waitingPlan, true, 'page api'],
  'steps.preview.outcome': [plan, 'failed', 'card page api'],
  'steps.preview.before': [plan, { Value: '7' }, 'card page api'],
  'steps.preview.after': [plan, { Value: '7' }, 'card page api'],
  'steps.preview.observedAt': [plan, later, 'card page api'],
  'steps.preview.state': [plan, digest, 'api'],
  'steps.preview.masked': [plan, ['Value'], 'card page api'],
  'steps.preview.gap': [plan, undefined, 'card page api'],
  'steps.preview.why': [planInVain, 'denied', 'card page api'],
  'steps.preview.reach.label': [plan, 'other fact', 'card page api'],
  'steps.preview.reach.value': [plan, 7, 'card page api'],
  'steps.after': [planInVain, 2, 'card page api'],
  'steps.status': [plan, 'failed', 'card list page api'],
  'steps.openedAt': [planInVain, later, 'card list page api'],
  'steps.endedAt': [plan, later, 'page api'],
  'steps.because': [plan, 'halted', 'card page api'],
  decideBy: [waiting, start + 60, 'list api'],
  'grant.id': ['in use', `grt_${'1'.repeat(26)}`, 'api'],
  'grant.approvedAt': ['in use', later, 'api'],
  'grant.claimBy': ['approved', later, 'card list page api'],
  'grant.notAfter': ['in use', later, 'card list page api'],
  'grant.claimedAt': ['approved', later, 'card list page api'],
  'grant.usesLeft': ['in use', 0, 'card list page api'],
  'grant.uses.id': ['in use', `use_${'1'.repeat(26)}`, 'api'],
  'grant.uses.tool': ['in use', 'tool:other', 'api'],
  // Only the page of an opening has them.
  'grant.uses.key': ['in use', 'other', ''],
  'grant.uses.note': ['in use', 'a note', ''],
  'grant.uses.noted': ['in use', true, ''],
  'grant.uses.begunAt': ['in use', later, 'api'],
  'grant.uses.endedAt': ['in use', later, 'api'],
  'grant.uses.outcome': ['in use', 'failed', 'api'],
  'grant.hasSessions': ['completed: succeeded', true, 'card list page'],
  'run.status': [endedRun, 'succeeded', 'card list page api'],
  'run.since': [endedRun, later, 'api'],
  'run.until': [endedRun, later, 'card list page api'],
  'run.note': [endedRun, 'another note', 'card list page api'],
  'run.canStop': [revokedRun, false, 'card list page api'],
  'ended.at': ['withdrawn', later, 'card list page api'],
  'ended.by.id': ['denied', 'person:other', 'card list page api'],
  'ended.by.name': ['denied', 'Other Name', 'card list page'],
  'ended.for.id': ['denied by a stand-in', 'person:other', 'card list page api'],
  'ended.for.name': ['denied by a stand-in', 'Other Name', 'card list page'],
  'ended.reason': ['denied', 'another reason', 'card list page api'],
  'ended.outcome': ['completed: succeeded', 'failed', 'card list page api'],
  'ended.note': ['completed: succeeded', 'another note', 'card list page api'],
}

const known: HostView = {
  ambient: 'denied',
  record: {
    ...{ asked: 12, denied: 1, refused: 2, extraCalls: 3 },
    last: { request: RequestId.parse(`req_${'9'.repeat(26)}`), at: start - 3600, status: 'denied' },
  },
}

const runRead: NonNullable<Matched['run']> = {
  ...{ runsAs: 'arn:aws:iam::000000000000:role/runbooks', open: ['step 2'], concerns: ['a stack'] },
  shows: Digest.parse(digest),
  change: {
    added: 1,
    changed: 2,
    replaced: 3,
    removed: 4,
    stateful_removed: 1,
    unpinned: 1,
    types: ['AWS::S3::Bucket'],
  },
}

const ofRuns: { readonly [state: string]: { of: string; run?: NonNullable<RequestView['run']> } } = {
  [previewedRun]: { of: 'previewed' },
  [changedRun]: { of: changedState },
  [planOfRuns]: { of: plan },
  [endedRun]: {
    of: 'completed: succeeded',
    run: { status: 'failed', since: start, until: start + 60, note: 'step 3', canStop: true },
  },
  [revokedRun]: { of: 'revoked', run: { status: 'running', since: start, canStop: true } },
}

/** A view with every member that a request can have. */
function full(state: string): RequestView {
  const { of = state, run } = ofRuns[state] ?? {}
  const isOfRun = of !== state
  const found = states.get(of)
  if (!found) throw new Error(`no state is called ${state}`)
  const onCall = { group: 'on-call-now', by: 'schedule', members: [{ person: person('jade'), until: later }] } as const
  const view = describeRequest(found, { ...bundle, onCall: [onCall] })
  const use = {
    id: 'use_0',
    tool: 'tool:flags',
    key: 'k',
    begunAt: start,
    endedAt: start + 1,
    outcome: 'succeeded',
  } as const
  const reaching = <P extends Preview>(preview: P) => ({
    ...{ ...preview, reach: [{ label: 'running tasks', value: 24 }] },
    ...(isOfRun && preview.outcome === 'matched' ? { run: runRead } : {}),
  })
  return {
    ...view,
    ...(view.preview ? { preview: reaching(view.preview) } : {}),
    changes: view.changes.map((each) => ({ ...each, from: reaching(each.from), to: reaching(each.to) })),
    ...(run ? { run } : {}),
    runsAs: 'arn:aws:iam::000000000000:role/runbooks',
    askedBy: { id: 'person:dan', name: 'Dan Dietrich' },
    host: known,
    mcp: writeFile,
    arguments: { ...view.arguments, ...spec },
    ...(view.steps
      ? {
          steps: view.steps.map(({ preview, ...each }) => ({
            ...each,
            host: known,
            mcp: writeFile,
            arguments: { ...each.arguments, ...spec },
            ...(preview ? { preview: reaching(preview) } : {}),
          })),
        }
      : {}),
    chain: [{ id: 'agent:planner', owner: { id: 'person:eve', name: 'Eve Evans' } }],
    parentTask: { id: 'INC-1042', url: 'https://incidents.example/1042' },
    evidence: evidenceOf([
      { title: 'p99', url: 'https://graphs.example/1', text: 'it is slow', media_type: 'text/markdown' },
    ]),
    narrowings: view.narrowings.map((each) => ({ ...each, uses: { from: 3, to: 2 } })),
    questions: [
      {
        ...{ id: QuestionId.parse(`qst_${'1'.repeat(26)}`), stage: 'owner', at: start, text: 'why now?' },
        ...{ by: { id: 'person:ana', name: 'Ana Abel' }, for: { id: 'person:ben', name: 'Ben Bauer' } },
        answer: { at: start, text: 'the disk is full', decisionsBefore: 1 },
      },
    ],
    colleagues: [
      { stage: 'owner', at: start, by: { id: 'person:ana', name: 'Ana' }, to: { id: 'person:ben', name: 'Ben' } },
    ],
    ...(view.grant ? { grant: { ...view.grant, uses: [use] } } : {}),
  }
}

holdToTable(table, renderers, full)

test('the shown digest covers the facts that a person decides on, and leaves progress out', () => {
  const [view, later] = [full(waiting), full('waiting for the second stage')]
  expect(shownDigest({ ...later, id: view.id, digest: view.digest })).toBe(shownDigest(view))
  expect(shownDigest(changed(view, ['tier', 'name'], 'another') as RequestView)).not.toBe(shownDigest(view))
})
