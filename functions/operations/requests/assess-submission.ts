// Rules: test/operations/requests/story.test.ts
import { assessAsk } from '../../domain/deciding/assess-ask.ts'
import type { HostFacts } from '../../domain/people/host.ts'
import type { AgentRef } from '../../domain/policy/agent-ref.ts'
import { canDecideWithout } from '../../domain/policy/approvers.ts'
import { isJustified, lackingFor, readsMember, wrongEvidence, wrongTask } from '../../domain/policy/asking-terms.ts'
import { type Asked, type Assessment, actTermsOf, previewAsIf } from '../../domain/policy/assess.ts'
import { isPlanBody } from '../../domain/policy/assess-plan.ts'
import { startsRun } from '../../domain/policy/catalogue.ts'
import { cameTo, runWithObserved, wouldBeOf } from '../../domain/policy/observed.ts'
import { ownControlPlane } from '../../domain/policy/own-control-plane.ts'
import { type LastAsked, namesIn, type Said, saidOf } from '../../domain/record/ask-terms.ts'
import type { Submit } from '../../domain/record/commands.ts'
import { heardOf, outcomeOfPreview, type Preview } from '../../domain/record/preview.ts'
import type { Ask } from '../../domain/record/request.ts'
import { runTermsOf } from '../../domain/record/run-terms.ts'
import { type Before, mayRevise, type TermsByWords, termsByWords } from '../../domain/requests/revision.ts'
import type { EvaluationId, Json, NumericDate, Result, Thumbprint } from '../../domain/values.ts'
import { defined, ok, refuse } from '../../domain/values.ts'
import { readHost } from '../agents/read-host.ts'
import { placeOf } from '../credentials/place.ts'
import type { Statements } from '../credentials/ports.ts'
import { type Bound, bindsTo } from '../credentials/statements.ts'
import { findHaltOfAgent, toldOf } from '../halts/find-halt.ts'
import type { Policy } from '../policy/ports.ts'
import type { OnceOnly } from '../ports.ts'
import { stampOf } from '../record/carry-out.ts'
import type { Evaluation } from '../record/ports.ts'
import { assessPlanAsk } from './assess-plan-ask.ts'
import { bindAsk, bindingOf } from './bound.ts'
import { findWords } from './find-words.ts'
import { Lately } from './limits.ts'
import { lookAtTask, taskOf, toldOfTask } from './parent-task.ts'
import {
  type AdmissionPorts,
  type Asking,
  type Assess,
  type AssessedAsk,
  notRequestable,
  type RefusedSubmission,
  type SubmissionResult,
  tooFewLeft,
  type Unbound,
} from './submission.ts'

export type SubmissionAsk = Bound &
  Said & {
    agent: AgentRef
    evaluation?: EvaluationId | undefined
    bindingToken?: string | undefined
    /** The denial's end as the client repeats it, which must equal the statement's. */
    denialExpiresAt?: NumericDate | undefined
    jkt: Thumbprint
    /** Without a key, an equal body by the same agent's key is the same request. */
    idempotencyKey?: string | undefined
    body: Json
    once: OnceOnly
  }

export type SubmissionPorts = AdmissionPorts & { statements: Pick<Statements, 'verify'> }

/**
 * Reads the dependencies of a submission in parallel. The submission is assessed again, since policy may have changed
 * since the evaluation, and once more after a failed read of the state, which may need more approvals.
 */
export async function prepareSubmission(ask: SubmissionAsk, ports: SubmissionPorts): Promise<Assess> {
  const named = await evaluationOf(ask, ports)
  if (!named.ok) return async () => named
  const [evaluation, assess] = await Promise.all([
    ports.requests.loadEvaluation(named.value),
    prepareAssessment(ask, ports),
  ])
  return async () => {
    const refused = whyUnbound(ask, evaluation, ports.clock.now())
    return refused ?? assess()
  }
}

const boundMembers = namesIn('bound')
  .map((name) => `\`context.${name}\``)
  .join(', ')
  .replace(/, ([^,]+)$/, ' and $1')

function whyUnbound(
  ask: SubmissionAsk,
  evaluation: Evaluation | undefined,
  now: NumericDate,
): RefusedSubmission | undefined {
  if (!evaluation || evaluation.agent !== ask.agent.id)
    return refuse('invalid_denial_binding', '`denial.evaluation_id` is not an evaluation of yours')
  if (evaluation.refused !== undefined)
    return notRequestable(evaluation.refused, 'people cannot approve the evaluated ask')
  if (now >= evaluation.expiresAt) return refuse('expired_denial', 'the evaluation is too old: evaluate again')
  if (bindingOf(ask) !== evaluation.binding)
    return refuse(
      'invalid_denial_binding',
      `\`subject\`, \`action\`, \`resource\`, ${boundMembers} should be those of the evaluation`,
    )
  return undefined
}

type Terms = { atLeast?: number; as?: (submit: Submit) => Submit }

/** @param terms `atLeast`: the lowest tier to consider; `as`: a change of the result */
export async function assessAsked(
  ask: Asking,
  ports: AdmissionPorts,
  terms: Terms = {},
): Promise<SubmissionResult<AssessedAsk>> {
  const assess = await prepareAssessment(ask, ports, terms)
  return assess()
}

/** Reads the dependencies of the request in parallel. The steps of a plan are read only if no halt stops it. */
export async function prepareAssessment(ask: Asking, ports: AdmissionPorts, terms: Terms = {}): Promise<Assess> {
  const now = ports.clock.now()
  const about = { action: ask.action.name, resource: ask.resource, role: placeOf({ action: ask.action.name }, ports) }
  const isPlan = isPlanBody(ask)
  const lately = new Lately(ports.requests)
  const [{ halt, ...lifted }, recent, lastAsked, host, before] = await Promise.all([
    findHaltOfAgent(ask.agent.id, about, ports),
    isPlan ? 0 : lately.count(ask.agent.id, ask.action.name, now),
    isPlan ? undefined : lately.last(ask.agent.id, ask.action.name, now),
    isPlan ? undefined : readHost(ask, ask.agent.id, now, ports),
    findWords(ask, now, ports),
  ])
  return async () => {
    if (halt) {
      const { reason, detail } = toldOf(halt)
      return notRequestable(reason, detail)
    }
    const wrong = wrongTask(ask, ports.policy.bundle)
    if (wrong !== undefined) return refuse('invalid_parent_task', wrong)
    const astray = wrongEvidence(ask, ports.policy.bundle)
    if (astray !== undefined) return refuse('invalid_evidence', astray)
    const revision = whyNotRevised(ask, before, now)
    if (revision) return revision
    if (isPlan) return assessPlanAsk(ask, { lifted, before }, now, ports)
    return assessOne(ask, { now, lifted, before, recent, ...defined({ lastAsked, host }) }, ports, terms)
  }
}

function whyNotRevised({ agent, action, resource, revises }: Asking, { requests }: Before, now: NumericDate) {
  if (revises === undefined) return undefined
  const allowed = mayRevise(requests.get(revises), { agent: agent.id, action: action.name, resource }, now)
  return allowed.ok ? undefined : allowed
}

type Heard = Pick<Asked, 'preview' | 'change'>

type ReadBefore = {
  now: NumericDate
  lifted: Pick<Ask, 'afterHalts'>
  before: Before
  recent: number
  lastAsked?: LastAsked
  host?: HostFacts
}

async function assessOne(
  ask: Asking,
  { now, lifted, before, recent, lastAsked, host }: ReadBefore,
  ports: AdmissionPorts,
  { atLeast = 0, as: finish = (submit) => submit }: Terms,
): Promise<SubmissionResult<AssessedAsk>> {
  const { policy, ids } = ports
  const id = ids.request()
  const justified = isJustified(ask.justification)
  const assessed = (facts: Pick<Asked, 'justified' | 'task'>, heard?: Heard, by: Policy = policy) =>
    assessAsk({ ...ask, ...facts, host, atLeast }, ask.agent.id, recent, now, { policy: by }, heard)
  const look = await lookAtTask({ ...ask, actions: [ask.action.name] }, () => assessed({ justified }), ports)
  const task = taskOf(look)
  const of = (read?: { preview: Preview | undefined }): SubmissionResult<Submit> => {
    const heard = read && heardOf(read.preview)
    const compared = runWithObserved(policy, (by) => assessed({ justified, task }, heard, by))
    const { came: assessment } = compared
    const wouldBe = wouldBeOf(compared, cameTo)
    if (assessment.outcome === 'refused') {
      const couldHelp = !justified && readsMember(policy.bundle, ask.action.name, 'justified')
      return couldHelp && assessed({ justified: true, task }, heard).outcome === 'requestable'
        ? refuse('justification_required')
        : notRequestable(assessment.reason, assessment.detail, assessment.policies, wouldBe)
    }
    const { tier, stages, policies } = assessment
    const lacking = lackingFor(policy.bundle, { tier, justified, task })
    if (lacking) return refuse(lacking)
    const own = {
      id,
      recent,
      host,
      ...defined({ lastAsked }),
      ...lifted,
      ...(justified ? { justified } : {}),
      ...toldOfTask(look),
    }
    const byWords = termsByWords({ ...saidOf(ask), ...actTermsOf(assessment.facts) }, before, policy.bundle, now)
    if (!canDecideWithout(byWords.barred ?? [], assessment, policy.bundle)) return tooFewLeft(policies, wouldBe)
    const ofRun = startsRun(assessment.facts.entry) ? runTermsOf(read?.preview, assessment.facts.unpinned) : {}
    const whole = askOf(ask, assessment, { ...own, ...ofRun, ...byWords })
    const submit = { type: 'submit', ask: whole, tier, stages, policies, ...stampOf(whole, { policy }) } as const
    return ok(finish({ ...submit, ...defined({ wouldBe }) }))
  }
  const asIf = of()
  if (!asIf.ok) return asIf
  const entry = policy.bundle.actions[asIf.value.ask.action]
  const isRun = entry !== undefined && startsRun(entry)
  const refused = isRun ? whyNoRun(asIf.value.ask, ports) : undefined
  if (refused) return refused
  const withPreview = (preview: Preview | undefined, words?: string): SubmissionResult<Submit> => {
    const unfit = isRun ? whyNoRun(asIf.value.ask, ports, { preview, words }) : undefined
    if (unfit) return unfit
    // The target refuses these arguments in a dry run: people would decide on what cannot be done.
    if (!isRun && words !== undefined) return refuse('not_requestable', words)
    const isAsAssumed = entry && !isRun && previewAsIf(entry) === outcomeOfPreview(preview)
    const found = isAsAssumed ? asIf : of({ preview })
    return found.ok ? ok({ ...found.value, ...defined({ preview }) }) : found
  }
  return ok({ submit: asIf.value, withPreview })
}

/** Refuses a run of Hotwork's own, unread, or without a role. @param read once it was read */
function whyNoRun(
  { arguments: args, resource, classification }: Ask,
  { policy: { bundle }, targetRole }: Pick<AdmissionPorts, 'policy' | 'targetRole'>,
  read?: { preview: Preview | undefined; words?: string | undefined },
): RefusedSubmission | undefined {
  const run = read?.preview?.outcome === 'matched' ? (read.preview.run ?? {}) : undefined
  // Words are of a definition that was read and is unfit: asking again in a moment is no use.
  if (read && !run) return read.words ? refuse('invalid_run', read.words) : refuse('state_unreadable')
  const found = [run?.runsAs, ...(run?.concerns ?? [])].filter((each) => each !== undefined)
  const ours = ownControlPlane({ arguments: args, resource, classification, found }, bundle, targetRole)
  if (ours !== undefined) return refuse('own_control_plane', ours)
  return run && run.runsAs === undefined ? refuse('no_service_role') : undefined
}

function askOf(
  ask: Asking,
  { facts, grant }: Extract<Assessment, { outcome: 'requestable' }>,
  own: Pick<Ask, 'id' | 'recent' | 'lastAsked' | 'host' | 'afterHalts' | 'justified' | 'task' | 'incident' | 'runsAs'> &
    Partial<Pick<Ask, 'unpinned'>> &
    TermsByWords,
): Ask {
  const { agent, jkt, askedBy } = ask
  const undigested: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    ...saidOf(ask),
    agent,
    owner: facts.agent.owner,
    chain: [],
    ancestors: [],
    ...actTermsOf(facts),
    ...grant,
    ...own,
    ...defined({ jkt, askedBy }),
  }
  return bindAsk(undigested, ask)
}

/** The evaluation of a submission. Its statement is verified if one is sent, though the record decides. */
async function evaluationOf(
  ask: SubmissionAsk,
  { statements }: SubmissionPorts,
): Promise<Result<EvaluationId, Unbound>> {
  const unbound = (detail: string) => refuse('invalid_denial_binding' as const, detail)
  if (ask.bindingToken === undefined)
    return ask.evaluation === undefined ? unbound('`denial` names no evaluation') : ok(ask.evaluation)
  const said = await statements.verify('denial', ask.bindingToken)
  if (!said.ok) return unbound('`denial.binding_token` was not signed by this Hotwork')
  const { claims, expired } = said.value
  if (expired) return refuse('expired_denial', 'the evaluation is too old: evaluate again')
  const { sub, jti, exp } = claims
  if (sub !== ask.agent.id || (ask.evaluation !== undefined && jti !== ask.evaluation))
    return unbound('`denial.binding_token` belongs to a different evaluation')
  if (ask.denialExpiresAt !== undefined && ask.denialExpiresAt !== exp)
    return unbound('`denial.expires_at` should be that of the evaluation')
  return bindsTo(claims, ask) ? ok(jti) : unbound('`denial.binding_token` belongs to a different ask')
}
