import { join } from 'node:path'
import { decodeJwt } from 'jose'
import type { Looked } from '../../functions/domain/agents/agent-file.ts'
import { together } from '../../functions/domain/agents/ambient.ts'
import type { Halt, HaltTarget } from '../../functions/domain/halts/halt.ts'
import { verify } from '../../functions/domain/ledger/ledger.ts'
import { type HostFacts, noRecord } from '../../functions/domain/people/host.ts'
import { probedHost } from '../../functions/domain/people/host-kinds.ts'
import { agentOf, type Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Stage } from '../../functions/domain/policy/ladder.ts'
import type { ApprovalRequest } from '../../functions/domain/record/request.ts'
import type {
  AgentId,
  CredentialId,
  Json,
  JsonObject,
  PersonId,
  RequestId,
  Thumbprint,
  ToolId,
  Verdict,
} from '../../functions/domain/values.ts'
import { CurrentPolicy } from '../../functions/operations/agents/current-policy.ts'
import { issueCredential } from '../../functions/operations/credentials/issue-credential.ts'
import type { AccessToken } from '../../functions/operations/credentials/ports.ts'
import { issueToken } from '../../functions/operations/credentials/tokens.ts'
import { type DelegationAsk, delegateRequest } from '../../functions/operations/delegation/delegate-request.ts'
import type { TextReader } from '../../functions/operations/ledger/ports.ts'
import { joinRequest } from '../../functions/operations/ledger/texts.ts'
import { giveStandIn } from '../../functions/operations/people/stand-ins.ts'
import { givePermit } from '../../functions/operations/permits/standing-permits.ts'
import type { Policy } from '../../functions/operations/policy/ports.ts'
import type { TaskService } from '../../functions/operations/ports.ts'
import type { MakingPorts } from '../../functions/operations/record/ports.ts'
import { decideRequest } from '../../functions/operations/requests/decide-request.ts'
import { completeRequest } from '../../functions/operations/requests/end-request.ts'
import { type EvaluationAsk, evaluateAccess } from '../../functions/operations/requests/evaluate-access.ts'
import { submitRequest } from '../../functions/operations/requests/submit-request.ts'
import { beginUse } from '../../functions/operations/uses/use.ts'
import { issuerOf } from '../../functions/targets/aws/reach.ts'
import { MemoryAgentRows } from './agents/memory-agent-rows.ts'
import { MemoryUnknownCallers } from './agents/memory-unknown-callers.ts'
import { MemoryActual } from './credentials/memory-actual.ts'
import { MemoryBroker } from './credentials/memory-broker.ts'
import { MemoryCallRecord } from './credentials/memory-call-record.ts'
import { MemorySigner } from './credentials/memory-signer.ts'
import { MemoryStatements } from './credentials/memory-statements.ts'
import { MemoryLedgerStore } from './ledger/memory-ledger-store.ts'
import { madeOnce } from './made-once.ts'
import { MemoryClock } from './memory-clock.ts'
import { MemoryIds } from './memory-ids.ts'
import { MemoryLog } from './memory-log.ts'
import { MemorySalts } from './memory-salts.ts'
import { MemoryStandInStore } from './people/memory-stand-in-store.ts'
import { askedOnce } from './policies/asked-once.ts'
import { compileFolder } from './policies/compile-folder.ts'
import { MemoryBundleStore } from './policies/memory-bundle-store.ts'
import { MemoryStateReader } from './previews/memory-state-reader.ts'
import { root } from './repository.ts'
import { MemoryPermitStore } from './requests/memory-permit-store.ts'
import { MemoryRequestStore } from './requests/memory-request-store.ts'
import { unwrap } from './unwrap.ts'

/** 2027-01-15T08:00:00Z. */
export const start = 1_800_000_000
export const issuer = 'https://hotwork.example'
const targetRole = 'hotwork/Hotwork-target'

export const person = (name: string) => `person:${name}` as PersonId
export const agent = (name: string) => `agent:${name}` as AgentId
/** The facts of an agent whose host IAM denies the act. */
export const deniedHost: HostFacts = { ambient: 'denied', record: noRecord }
export const agentKey = 'a'.repeat(43) as Thumbprint

/** The sample organisation's policies, compiled as a deployment compiles them. */
export const sampleBundle = (): Bundle =>
  madeOnce('sample-bundle', () => {
    const compiled = compileFolder(join(root, 'policies'), join(root, 'test/policies/deployment.json'))
    if (!compiled.ok) throw new Error(compiled.problems.map(({ message }) => message).join('\n'))
    return compiled.bundle
  })

/** A bundle with other terms for one stage of every rung. */
export function withTerms(bundle: Bundle, name: string, terms: Partial<Stage>): Bundle {
  const ladder = structuredClone(bundle.ladder)
  for (const { stages } of ladder.tiers)
    for (const stage of stages) if (stage.name === name) Object.assign(stage, terms)
  return { ...bundle, ladder }
}

export type What = {
  agent?: AgentId
  action: string
  arguments: { [name: string]: Json }
  resource: { type: string; id: string }
  purpose?: string
}

/** One parameter of the checkout service in prod: tier 2. */
export const prodParameter: What = parameter('/prod/checkout/payment-timeout-ms')
/** The same in staging: tier 0. */
export const stagingParameter: What = parameter('/staging/checkout/payment-timeout-ms')

/** A flag of prod: tier 1, which one of its owners approves. */
export const flag = (name = 'express-checkout', value = false): What => ({
  action: 'flags:set',
  arguments: { environment: 'prod', flag: name, value },
  resource: { type: 'flags:flag', id: `prod/${name}` },
})

export function parameter(Name: string, Value = '3000'): What {
  const id = `arn:aws:ssm:us-east-1:000000000000:parameter${Name}`
  return {
    action: 'ssm:PutParameter',
    arguments: { Name, Value, Overwrite: true },
    resource: { type: 'ssm:parameter', id },
  }
}

/** Hotwork in memory: the real operations and policies over doubles, and a clock that only a test moves. */
export class World {
  readonly clock = new MemoryClock(start)
  readonly ledger = new MemoryLedgerStore()
  readonly requests = new MemoryRequestStore(this.ledger)
  readonly agents = new MemoryAgentRows(this.ledger)
  readonly unknown = new MemoryUnknownCallers()
  readonly permits = new MemoryPermitStore(this.requests, this.ledger)
  readonly standIns = new MemoryStandInStore(this.requests, this.ledger)
  readonly ids = new MemoryIds()
  readonly salts = new MemorySalts()
  readonly log = new MemoryLog()
  readonly bundles = new MemoryBundleStore()
  readonly signer = new MemorySigner()
  readonly statements = new MemoryStatements(issuer, this.signer, this)
  /** No action has a preview by default. */
  readonly reader = new MemoryStateReader(this.clock)
  readonly broker: MemoryBroker
  /** AWS's record of calls, and the function that reads it. */
  readonly callRecord = new MemoryCallRecord()
  readonly actual = new MemoryActual(() => ({ ...this.ports, calls: this.callRecord, targetRole }))
  readonly issuer = issuer
  readonly targetRole = targetRole
  policy: Policy
  /** A service that has every incident of the sample's form, if the deployment names one. */
  tasks?: TaskService
  #proofs = 0

  constructor(bundle: Bundle = sampleBundle()) {
    this.policy = new CurrentPolicy(askedOnce(bundle), this)
    this.agents.firstLook = (id) => this.#deniedHost(id)
    const { accounts, incidents } = bundle.deployment
    if (incidents) this.tasks = { look: async (task) => ({ answer: /^INC-[0-9]+$/.test(task) ? 'known' : 'unknown' }) }
    const { target } = accounts
    this.broker = new MemoryBroker(
      target ? { [`arn:aws:iam::${target.accountId}:role/${targetRole}`]: target.externalId } : {},
    )
  }

  /** Hosts are denied all, so that tests of other rules have the tiers of the sample. */
  #deniedHost(id: AgentId): Looked | undefined {
    const { bundle } = this.policy
    const host = probedHost(agentOf(bundle, id)?.runsOn ?? { other: '' })
    return host && { at: this.clock.now(), role: host.where, actions: together(bundle, [], true) }
  }

  get ports(): MakingPorts & {
    statements: MemoryStatements
    reader: MemoryStateReader
    texts: TextReader
    tasks?: TaskService
  } {
    const { requests, ledger, agents, policy, clock, ids, salts, log, statements, reader, tasks } = this
    const stores = { requests, ledger, agents, texts: ledger.texts }
    return { ...stores, policy, clock, ids, salts, log, statements, reader, ...(tasks ? { tasks } : {}) }
  }

  /** A fresh proof's replay key. */
  proof() {
    this.#proofs += 1
    return { key: `SEEN#${this.#proofs}`, value: 'seen', expiresAt: this.clock.now() + 120 }
  }

  evaluate(what: What, approval?: string, changes: Partial<EvaluationAsk> = {}) {
    const id = what.agent ?? agent('remediator')
    return evaluateAccess(
      {
        caller: { type: 'agent', id },
        subject: { type: 'agent', id },
        action: { name: what.action, properties: what.arguments },
        resource: what.resource,
        purpose: what.purpose ?? 'remediation',
        parentTask: { id: 'INC-1042' },
        ...(approval === undefined ? {} : { approval }),
        ...changes,
      },
      this.ports,
    )
  }

  /** Evaluates and submits. */
  async submit(what: What, changes: Partial<Parameters<typeof submitRequest>[0]> = {}) {
    const evaluated = await this.evaluate(what)
    const id = what.agent ?? agent('remediator')
    // The sample wants a reason at tier 3.
    const tier = 'requestable' in evaluated ? evaluated.requestable?.tier : undefined
    return submitRequest(
      {
        agent: { id, issuer: 'https://id.example.org', subject: id.replace(':', '-') },
        subject: { type: 'agent', id },
        action: { name: what.action, properties: what.arguments },
        resource: what.resource,
        purpose: what.purpose ?? 'remediation',
        ...(tier === 3 ? { justification: 'the queue grows without an end' } : {}),
        parentTask: { id: 'INC-1042' },
        evaluation: evaluated.id,
        jkt: agentKey,
        idempotencyKey: `key-${evaluated.id}`,
        body: { ...what.arguments, evaluation: evaluated.id },
        once: this.proof(),
        ...changes,
      },
      { ...this.ports, permits: this.permits, targetRole },
    )
  }

  /** Submits an ask that must be accepted. @returns the request as people are shown it */
  async submitted(what: What, changes: Parameters<World['submit']>[1] = {}): Promise<ApprovalRequest> {
    return joinRequest(unwrap(await this.submit(what, changes)).stored.state, this.ledger.texts)
  }

  async decide(
    { ask: { id, digest }, round }: ApprovalRequest,
    who: string,
    verdict: Verdict = 'approve',
    changes: Partial<Parameters<typeof decideRequest>[0]> = {},
  ) {
    return decideRequest(
      { id, person: person(who), verdict, round, digest, through: 'chat', login: {}, ...changes },
      this.ports,
    )
  }

  /** A request approved by ana for the owners and by eve for sre. */
  async approved(what: What = prodParameter): Promise<ApprovalRequest> {
    const request = await this.submitted(what)
    await this.decide(request, 'ana')
    await this.decide(request, 'eve')
    return this.state(request.ask.id)
  }

  issueToken({ ask }: ApprovalRequest, changes: Partial<Parameters<typeof issueToken>[0]> = {}) {
    return issueToken(
      {
        id: ask.id,
        agent: ask.agent.id,
        clientId: ask.agent.subject,
        jkt: agentKey,
        targets: [],
        once: [this.proof()],
        ...changes,
      },
      { ...this.ports, signer: this.signer, issuer },
    )
  }

  /** Claims an access token. @returns its id, with which AWS credentials are asked for */
  async claim(
    request: ApprovalRequest,
    changes: Partial<Parameters<typeof issueToken>[0]> = {},
  ): Promise<CredentialId> {
    return decodeJwt(unwrap(await this.issueToken(request, changes)).token).jti as CredentialId
  }

  /** Claims AWS credentials. @returns the role and tags of their session, as IAM sees them */
  async session(request: ApprovalRequest, token: CredentialId) {
    const session = this.broker.session(unwrap(await this.issueAws(request, token)).accessKeyId)
    if (!session) throw new Error('no session')
    return session
  }

  complete = ({ ask }: ApprovalRequest) =>
    completeRequest({ id: ask.id, agent: ask.agent.id, outcome: 'succeeded' }, this.ports)

  /** An access token of a request as its verifier reads it. */
  accessToken({ ask }: ApprovalRequest, jti: CredentialId, audience = `${issuer}/aws`): AccessToken {
    return { jti, request: ask.id, agent: ask.agent.id, audience, jkt: agentKey, expiresAt: this.clock.now() + 900 }
  }

  issueAws(request: ApprovalRequest, presented: CredentialId) {
    const token = this.accessToken(request, presented)
    const ports = { ...this.ports, broker: this.broker, targetRole }
    return issueCredential(token, this.proof(), { ...ports, reach: issuerOf(ports) })
  }

  gate({ ask }: ApprovalRequest, token: AccessToken) {
    const use = { action: ask.action, arguments: ask.arguments as JsonObject, key: `use-${token.jti}` }
    return beginUse({ tool: 'tool:flag-service' as ToolId, token, ...use, once: this.proof() }, this.ports)
  }

  /** The agent of a request delegates all of it, unless `changes` say otherwise. */
  delegationAsk({ ask }: ApprovalRequest, to: AgentId, changes: Partial<DelegationAsk> = {}): DelegationAsk {
    const { jkt = agentKey, once = this.proof(), ...more } = changes
    const action = { name: ask.action, properties: ask.arguments }
    const rest = { to, action, resource: ask.resource, idempotencyKey: `for-${to}`, ...more }
    return { id: ask.id, agent: ask.agent.id as AgentId, jkt, once, body: JSON.parse(JSON.stringify(rest)), ...rest }
  }

  delegate(parent: ApprovalRequest, to: AgentId, changes: Partial<DelegationAsk> = {}) {
    const ports = { ...this.ports, targetRole: this.targetRole }
    return delegateRequest(this.delegationAsk(parent, to, changes), ports, async () => {})
  }

  /** A day's stand-in, with no strong login. */
  giveStandIn(absent: string, by: string, changes: Partial<Parameters<typeof giveStandIn>[0]> = {}) {
    const until = this.clock.now() + 86_400
    const ask = { person: person(absent), by: person(by), login: {}, until, ...changes }
    return giveStandIn(ask, { ...this.ports, standIns: this.standIns })
  }

  /** A standing permit for three more in an hour. */
  givePermit({ ask }: ApprovalRequest, by: string, changes: Partial<Parameters<typeof givePermit>[0]> = {}) {
    const terms = { uses: 3, until: this.clock.now() + 3600, login: {}, ...changes }
    return givePermit({ request: ask.id, person: person(by), ...terms }, { ...this.ports, permits: this.permits })
  }

  /** A halt by gus in force from now on, unless `changes` say otherwise. */
  putHalt(target: HaltTarget, changes: Partial<Halt> = {}): Halt {
    const halt = {
      ...{ id: this.ids.halt(), target, reason: 'odd behaviour', by: person('gus'), at: this.clock.now() },
      ...changes,
    }
    this.requests.putHalt(halt)
    return halt
  }

  /** Fails unless the entries alone give the stored state. */
  async expectReplay(id: RequestId): Promise<void> {
    expect(verify(id, await this.ledger.entries(id))).toEqual({ state: await this.stored(id) })
  }

  /** The request as people are shown it, with the texts that its entries commit to. */
  async state(id: RequestId): Promise<ApprovalRequest> {
    return joinRequest(await this.stored(id), this.ledger.texts)
  }

  async stored(id: RequestId): Promise<ApprovalRequest> {
    const stored = await this.requests.load(id)
    if (!stored) throw new Error(`no ${id}`)
    return stored.state
  }

  /** The types of a request's entries, in order. */
  async story(id: string): Promise<string[]> {
    return (await this.ledger.entries(id)).map(({ type }) => type)
  }
}
