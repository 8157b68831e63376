import { argumentsDigest } from '../../functions/domain/digest.ts'
import { Agent } from '../../functions/domain/people/organisation.ts'
import type { Stage } from '../../functions/domain/policy/ladder.ts'
import type { Answer } from '../../functions/domain/policy/question.ts'
import type {
  AcceptTransfer,
  AnswerQuestion,
  ApplyChange,
  AskColleague,
  AskQuestion,
  BeginCall,
  BeginUse,
  Comment,
  CompareCalls,
  Complete,
  Decide,
  Delegate,
  Eligibility,
  EndCall,
  Ending,
  EndRun,
  EndUse,
  Intend,
  Issue,
  Narrowing,
  OpenBreakGlass,
  ReadAgain,
  ResolveCall,
  ReturnCall,
  ReviewBreakGlass,
  Revoke,
  RevokeCredential,
  StartRun,
  Submit,
  Wake,
  Withdraw,
} from '../../functions/domain/record/commands.ts'
import type { Matched } from '../../functions/domain/record/preview.ts'
import type { Ask } from '../../functions/domain/record/request.ts'
import { requestDigest } from '../../functions/domain/record/request-digest.ts'
import { type Narrow, narrowedTerms, withDigests } from '../../functions/domain/requests/narrow.ts'
import type {
  AgentId,
  CredentialId,
  Digest,
  HaltId,
  PersonId,
  QuestionId,
  RequestId,
  Thumbprint,
  ToolId,
  UseId,
  Verdict,
} from '../../functions/domain/values.ts'
import type { IssuedKind } from '../../functions/targets/kinds.ts'

/**
 * A sample ask, the stages of a ladder, and a builder for each command. It fills in the members that a test leaves out:
 * policy permits, and every decider is eligible.
 */

/** 2027-01-15T08:00:00Z: when the sample request is submitted. */
export const submittedAt = 1_800_000_000
export const bundle = 'sha-256:bundle'
export const minutes = (n: number): number => n * 60

/** An id with this number in it: `crd_00000000000000000000000001`. */
const numbered = (prefix: string, n: number) => `${prefix}_${String(n).padStart(26, '0')}`
export const requestId = (n = 1): RequestId => numbered('req', n) as RequestId
export const credentialId = (n: number): CredentialId => numbered('crd', n) as CredentialId
export const useId = (n: number): UseId => numbered('use', n) as UseId
export const person = (name: string): PersonId => `person:${name}` as PersonId

export const remediator = 'agent:remediator' as AgentId
export const otherAgent = 'agent:planner' as AgentId
export const builder = 'agent:builder' as AgentId
export const flagService = 'tool:flag-service' as ToolId
/** The key that asked, and one that did not. */
export const agentKey = 'a'.repeat(43) as Thumbprint
export const otherKey = 'b'.repeat(43) as Thumbprint

/** `dora` owns the agent that asks, and so never decides what it asks. */
export const owner = person('dora')

/** The remediation agent asks to set one parameter of the checkout service in prod. */
export function sampleAsk(changes: Partial<Omit<Ask, 'digest' | 'argumentsDigest'>> = {}): Ask {
  const facts: Omit<Ask, 'digest' | 'argumentsDigest'> = {
    id: requestId(),
    agent: { id: remediator, issuer: 'https://agents.example', subject: 'remediator' },
    owner,
    chain: [],
    ancestors: [],
    action: 'ssm:PutParameter',
    arguments: { Name: '/prod/checkout/timeout-ms', Value: '2000', Overwrite: true },
    resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/timeout-ms' },
    environment: 'prod',
    classification: 'internal',
    purpose: 'remediation',
    justification: 'checkout is unhealthy since the timeout was lowered',
    parentTask: { id: 'INC-1042', url: 'https://incidents.example/INC-1042' },
    credential: 'sts',
    uses: 1,
    claimWithin: minutes(60),
    lifetime: minutes(15),
    unpinned: ['the value: IAM can pin the parameter, not what is put in it'],
    recent: 0,
    jkt: agentKey,
    ...changes,
  }
  return {
    ...facts,
    digest: requestDigest(facts),
    argumentsDigest: argumentsDigest(facts.action, facts.arguments, facts.resource),
  }
}

/** A stage of a ladder: one person, half an hour, and silence ends it. */
export const sampleStage = (name: string, terms: Partial<Stage> = {}): Stage => ({
  name,
  channel: 'hotwork-approvals',
  quorum: 1,
  deadline: minutes(30),
  onSilence: 'expire',
  ...terms,
})

/** The sample organisation's rungs, by tier. The owner stage of tier 2 escalates to `on-call` on silence. */
export const tiers: { readonly [tier: number]: readonly Stage[] } = {
  0: [],
  1: [sampleStage('owner')],
  2: [
    sampleStage('owner', { onSilence: { escalateTo: 'on-call', deadline: minutes(10) } }),
    sampleStage('sre', { deadline: minutes(20) }),
  ],
  3: [sampleStage('owner'), sampleStage('security', { quorum: 2, acr: 'strong', maxAge: minutes(5) })],
}

/** The people who may decide each stage in the sample, as policy would answer. Others may decide none. */
export const eligible: Eligibility = {
  [person('ana')]: ['owner', 'sre'],
  [person('ben')]: ['owner'],
  [person('cleo')]: ['sre'],
  [person('sam')]: ['security'],
  [person('siri')]: ['security'],
  [person('olga')]: ['on-call'],
  [owner]: ['owner', 'sre', 'security', 'on-call'],
}

export const permit: Answer = { permit: true, policies: ['permit-remediation'] }
export const forbid: Answer = { permit: false, policies: ['forbid-freeze'] }
export const failed: Answer = { permit: false, policies: [], error: true }

export const submit = (ask: Ask, tier: number, changes: Partial<Submit> = {}): Submit => ({
  type: 'submit',
  ask,
  tier,
  stages: tiers[tier] ?? [],
  policies: ['permit-remediation'],
  bundle,
  ...changes,
})

/** A separate policy for each stage name, so that a test sees the cited one. */
export const permittedBy = Object.fromEntries(
  ['owner', 'sre', 'security', 'on-call'].map((name) => [name, [`permit-${name}`]]),
)

export const decision = (ask: Ask, name: string, verdict: Verdict, changes: Partial<Decide> = {}): Decide => ({
  type: 'decide',
  person: person(name),
  verdict,
  round: 1,
  digest: ask.digest,
  through: 'api',
  login: {},
  eligible,
  answer: permit,
  permittedBy,
  bundle,
  ...changes,
})

/** An ask after a narrowing. */
export function less(ask: Ask, narrow: Narrow): Ask {
  return withDigests({ ...ask, ...narrowedTerms(ask, narrow) })
}

/** A narrowing that changes no rung, by a person who may decide all of it. */
export const narrowing = (
  ask: Ask,
  narrow: Narrow,
  tier: number,
  changes: Partial<Extract<Narrowing, { ok: true }>> = {},
): Narrowing => ({
  ok: true,
  ask: less(ask, narrow),
  tier,
  stages: tiers[tier] ?? [],
  policies: ['permit-remediation'],
  eligible: ['owner', 'sre', 'security', 'on-call'],
  permittedBy,
  ...changes,
})

export const comment = (name: string, words: string): Comment => ({
  type: 'comment',
  person: person(name),
  comment: words,
  bundle,
})

/** A question is numbered too. */
export const questionId = (n: number): QuestionId => numbered('qst', n) as QuestionId

export const standpoint = (name: string) => ({ person: person(name), eligible, permittedBy })

export const question = (name: string, n: number, changes: Partial<AskQuestion> = {}): AskQuestion => ({
  ...standpoint(name),
  type: 'ask_question',
  question: questionId(n),
  text: 'why now?',
  bundle,
  ...changes,
})

export const answer = (n: number, changes: Partial<AnswerQuestion> = {}): AnswerQuestion => ({
  type: 'answer_question',
  agent: remediator,
  jkt: agentKey,
  question: questionId(n),
  text: 'the disk is full',
  bundle,
  ...changes,
})

export const colleagueCall = (name: string, to: string, changes: Partial<AskColleague> = {}): AskColleague => ({
  ...standpoint(name),
  type: 'ask_colleague',
  colleague: standpoint(to),
  bundle,
  ...changes,
})

/** `claim` is the kind of credential; AWS credentials are claimed with an access token, `presented`. */
export const intent = (claim: IssuedKind, credential: CredentialId, changes: Partial<Intend> = {}): Intend => ({
  type: 'intend',
  agent: remediator,
  jkt: agentKey,
  claim,
  credential,
  answer: permit,
  eligible,
  bundle,
  ...changes,
})

/** Each state has a letter. */
export const stateDigest = (state: string): Digest => `sha-256:${state.repeat(43)}` as Digest

/** A reading, with a letter for each state. */
export const preview = (state = 'a', changes: Partial<Matched> = {}): Matched => ({
  outcome: 'matched',
  before: { Value: state },
  after: { Value: '2000' },
  observedAt: submittedAt,
  state: stateDigest(state),
  ...changes,
})

/** A second reading. `tier`: the rung that a changed state would need. */
export const readAgain = (state: string, tier?: number): ReadAgain => ({
  preview: preview(state),
  ...(tier === undefined ? {} : { again: { ok: true, tier, stages: tiers[tier] ?? [], policies: ['permit-again'] } }),
})

export const unread: ReadAgain = { preview: { outcome: 'failed', why: 'unavailable', observedAt: submittedAt } }

export const issuance = (claim: IssuedKind, credential: CredentialId, changes: Partial<Issue> = {}): Issue => ({
  type: 'issue',
  agent: remediator,
  claim,
  credential,
  bundle,
  ...changes,
})

export const useBegin = (presented: CredentialId, n: number, changes: Partial<BeginUse> = {}): BeginUse => ({
  type: 'begin_use',
  tool: flagService,
  presented,
  use: useId(n),
  key: `key-${n}`,
  answer: permit,
  eligible,
  bundle,
  ...changes,
})

export const useEnd = (n: number, changes: Partial<EndUse> = {}): EndUse => ({
  type: 'end_use',
  tool: flagService,
  use: useId(n),
  outcome: 'succeeded',
  bundle,
  ...changes,
})

/** `n` is the child's: `req_00000000000000000000000051`. */
export const delegation = (n: number, changes: Partial<Delegate> = {}): Delegate => ({
  type: 'delegate',
  agent: remediator,
  jkt: agentKey,
  child: requestId(n),
  to: builder,
  uses: 1,
  notAfter: submittedAt + minutes(10),
  within: true,
  answer: permit,
  eligible,
  bundle,
  ...changes,
})

export const callBegin = (presented: CredentialId, n: number, changes: Partial<BeginCall> = {}): BeginCall => ({
  type: 'begin_call',
  agent: remediator,
  target: 'aws',
  presented,
  use: useId(n),
  answer: permit,
  eligible,
  bundle,
  ...changes,
})

export const callEnd = (n: number, changes: Partial<EndCall> = {}): EndCall => ({
  type: 'end_call',
  agent: remediator,
  use: useId(n),
  outcome: 'succeeded',
  bundle,
  ...changes,
})

export const callReturn = (n: number, changes: Partial<ReturnCall> = {}): ReturnCall => ({
  type: 'return_call',
  agent: remediator,
  use: useId(n),
  reason: 'BrokerUnavailable',
  bundle,
  ...changes,
})

export const callResolution = (n: number, changes: Partial<ResolveCall> = {}): ResolveCall => ({
  type: 'resolve_call',
  use: useId(n),
  outcome: 'unknown',
  note: 'reading cannot tell',
  bundle,
  ...changes,
})

export const runStart = (n: number, changes: Partial<StartRun> = {}): StartRun => ({
  type: 'start_run',
  agent: remediator,
  use: useId(n),
  run: `run-${n}`,
  atMost: submittedAt + minutes(60),
  bundle,
  ...changes,
})

export const runEnd = (status: EndRun['status'], changes: Partial<EndRun> = {}): EndRun => ({
  type: 'end_run',
  status,
  bundle,
  ...changes,
})

export const comparison = (found: Partial<CompareCalls['found']> = {}): CompareCalls => ({
  type: 'compare_calls',
  found: {
    approved: 1,
    refused: 0,
    extraCalls: 1,
    extra: ['ssm:PutParameter'],
    unused: false,
    complete: true,
    ...found,
  },
  bundle,
})

/** A halt, which ends a request under any policy. */
export const halted: Ending = { by: 'halt', id: numbered('rev', 1) as HaltId }
export const orphaned: Ending = { by: 'ancestor', id: requestId(40) }
/** The incident for which break-glass is used (`openingAsk`). */
export const closed: Ending = { by: 'incident', id: 'INC-2041' }

export const completion = (changes: Partial<Complete> = {}): Complete => ({
  type: 'complete',
  agent: remediator,
  outcome: 'succeeded',
  bundle,
  ...changes,
})

export const credentialRevocation = (
  credential: CredentialId,
  changes: Partial<RevokeCredential> = {},
): RevokeCredential => ({ type: 'revoke_credential', agent: remediator, credential, bundle, ...changes })

export const withdrawal = (changes: Partial<Withdraw> = {}): Withdraw => ({
  type: 'withdraw',
  agent: remediator,
  bundle,
  ...changes,
})

export const revocation = (name: string, changes: Partial<Revoke> = {}): Revoke => ({
  type: 'revoke',
  person: person(name),
  reason: 'incident',
  answer: permit,
  bundle,
  ...changes,
})

/**
 * `jade`, who uses break-glass herself, for half an hour; `kofi` vouched for her, since an older review was overdue.
 */
export const jade = person('jade')
export const openingAsk = (changes: Parameters<typeof sampleAsk>[0] = {}): Ask =>
  sampleAsk({
    id: numbered('bgl', 1) as RequestId,
    agent: { id: jade, issuer: 'https://id.example.org', subject: 'person-jade' },
    owner: jade,
    uses: 1000,
    claimWithin: minutes(30),
    lifetime: minutes(30),
    breakGlass: {
      rights: [{ action: 'ssm:PutParameter', resources: ['*'] }],
      reason: 'checkout refuses payments since the last deploy',
      incident: 'INC-2041',
      window: minutes(30),
      coolDown: minutes(60),
      budgetKey: 'resource',
      drill: false,
      secondedBy: person('kofi'),
    },
    ...changes,
  })

/** `jade` asks to transfer an agent from `dora` to `pia`. */
export const registryAsk = (changes: Parameters<typeof sampleAsk>[0] = {}): Ask =>
  sampleAsk({
    agent: { id: jade, issuer: 'https://id.example.org', subject: 'person-jade' },
    owner: jade,
    barred: [owner, person('pia')],
    action: 'hotwork:TransferAgent',
    arguments: { id: remediator, owner: 'person:pia' },
    resource: { type: 'agent', id: remediator },
    credential: 'registry',
    purpose: 'registry',
    change: {
      before: Agent.parse({
        id: remediator,
        identities: [{ issuer: 'agents', subject: 'remediator' }],
        owner,
        autonomy: 'supervised',
        runsOn: { other: 'a desk' },
        recertifyBy: submittedAt + 90 * 86_400,
      }),
    },
    ...changes,
  })

/** The same, which `pia` accepts first. */
export const transferAsk = (): Ask => {
  const ask = registryAsk()
  return { ...ask, change: { ...ask.change, accepts: person('pia') } }
}

export const acceptance = (changes: Partial<AcceptTransfer> = {}): AcceptTransfer => ({
  type: 'accept_transfer',
  person: person('pia'),
  login: {},
  bundle,
  ...changes,
})

/** An approved change of the registry is made. */
export const making = (changes: Partial<ApplyChange> = {}): ApplyChange => ({
  type: 'apply_change',
  answer: permit,
  eligible,
  bundle,
  ...changes,
})

/** A first opening: no budget is used. */
export const opening = (ask: Ask, changes: Partial<OpenBreakGlass> = {}): OpenBreakGlass => ({
  type: 'open_break_glass',
  ask,
  answer: permit,
  budgets: [],
  bundle,
  ...changes,
})

export const reviewing = (name: string, changes: Partial<ReviewBreakGlass> = {}): ReviewBreakGlass => ({
  type: 'review_break_glass',
  person: person(name),
  outcome: 'justified',
  note: 'read the calls',
  answer: permit,
  bundle,
  ...changes,
})

export const wake: Wake = { type: 'wake', bundle }
