// Rules: test/client/agent/permit.test.ts
import type { webcrypto } from 'node:crypto'
import * as DPoP from 'dpop'
import { type Action, type ActionsWanted, listActions } from './agent/actions.ts'
import { type Answer, Answers } from './agent/answers.ts'
import { type Asker, askForPermit, askForPlan, takeStep } from './agent/permit.ts'
import type { Permit, PermitCall } from './agent/permit-call.ts'
import type { Plan, PlanCall } from './agent/plan.ts'
import { type Waiting, waitingWords } from './agent/waiting.ts'
import { type Identity, type IdentityOption, resolveIdentity } from './identity/identity.ts'
import { Journal } from './journal/journal.ts'
import { PrivateJwk as P256, proverOf, proverOfPair } from './journal/keys.ts'
import { findIssuer } from './local.ts'
import { wrongUsage } from './outcome.ts'
import { type Around, thisProcess } from './surroundings.ts'

export type { Action, ActionsWanted } from './agent/actions.ts'
export type { Answer, Asked } from './agent/answers.ts'
export { AlreadyRun, Approved, type AwsCredentialIdentity, NotReported, type PermitRun } from './agent/approved.ts'
export type { Evidence } from './agent/evidence.ts'
export type { McpTool } from './agent/mcp-tool.ts'
export type {
  Denied,
  Expired,
  Narrowed,
  Pending,
  Permit,
  PermitCall,
  Refused,
  Revise,
  RevisionHow,
} from './agent/permit-call.ts'
export {
  ApprovedPlan,
  type PendingPlan,
  type Plan,
  type PlanCall,
  type PlanEnd,
  type PlanStep,
  type RevisedPlan,
  type StepOutcome,
} from './agent/plan.ts'
export type { Waiting } from './agent/waiting.ts'
export { type Message, type Question, quoteForModel } from './agent/words.ts'
export type { ClusterProxy } from './exec/cluster-proxy.ts'
export type { IdentityOption } from './identity/identity.ts'
export { Fault, Refusal } from './outcome.ts'

/** RFC 7517. */
export type PrivateJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; d: string }

export type HotworkOptions = {
  /** Hotwork's address; defaults to `HOTWORK_API`, then to the local stack. */
  issuer?: string
  /** The agent's identity; defaults to the first source that is set up (docs/identity.md). */
  identity?: IdentityOption
  /** The agent's own key, P-256; by default one is made for each request. */
  key?: webcrypto.CryptoKeyPair | PrivateJwk
  /** The folder for the keys of calls with a `callId`; defaults to `$XDG_STATE_HOME/hotwork`. */
  stateFolder?: string
  /**
   * Called with the people that a request waits for, at each change; by default it prints a line on standard error, if
   * that is a terminal.
   */
  onWait?: (waiting: Waiting) => void
  /**
   * Called once with each question that an approver asks while a permit or plan waits. Its answer is sent; undefined or
   * a throw leaves the question open; a throw also warns.
   */
  answer?: Answer
}

/** Hotwork for one agent. */
export class Hotwork {
  readonly issuer: string
  readonly #identity: Identity
  readonly #journal: Journal
  readonly #key: HotworkOptions['key']
  readonly #pause: Around['pause']
  readonly #onWait: Asker['onWait']
  readonly #answers: Asker['answers']
  #own: Promise<Asker['own']> | undefined

  /** @throws Refusal if no address of Hotwork or no agent is configured */
  constructor(options?: HotworkOptions)
  /** @internal */
  constructor(options?: HotworkOptions, around?: Around)
  constructor(options: HotworkOptions = {}, around: Around = thisProcess()) {
    const { issuer, identity, key, stateFolder, onWait, answer } = options
    this.issuer = findIssuer(issuer, around)
    this.#identity = resolveIdentity(identity, around)
    this.#journal = new Journal(around, stateFolder)
    this.#key = key
    this.#pause = around.pause
    this.#answers = answer && new Answers(answer, around.warn ?? ((line) => process.emitWarning(line)))
    this.#onWait = onWait ?? (around.tell && ((waiting) => around.tell?.(waitingWords(waiting))))
  }

  /** The actions that policy could permit this agent. */
  async actions(wanted: ActionsWanted = {}): Promise<readonly Action[]> {
    return listActions(wanted, await this.#asker())
  }

  /**
   * Asks for one action, and waits for people if they decide. A decision, a refusal and silence are values; faults are
   * thrown.
   */
  async permit(call: PermitCall): Promise<Permit> {
    return askForPermit(call, await this.#asker())
  }

  /**
   * Asks for a plan: steps that other agents do, in order, and that people approve as one. The plan gives this agent no
   * rights.
   */
  async plan(call: PlanCall): Promise<Plan> {
    return askForPlan(call, await this.#asker())
  }

  /** Takes a step of a plan that is this agent's: waits for its turn, and then returns a permit like any other. */
  async step(request: string, how: Pick<PermitCall, 'wait' | 'signal'> = {}): Promise<Permit> {
    return takeStep(request, how, await this.#asker())
  }

  async #asker(): Promise<Asker> {
    this.#own ??= ownKey(this.#key)
    return {
      issuer: this.issuer,
      identity: this.#identity,
      journal: this.#journal,
      own: await this.#own,
      pause: this.#pause,
      onWait: this.#onWait,
      answers: this.#answers,
    }
  }
}

async function ownKey(key: HotworkOptions['key']): Promise<Asker['own']> {
  if (key === undefined) return undefined
  if ('privateKey' in key) {
    return { prove: proverOfPair(key), jkt: await DPoP.calculateThumbprint(key.publicKey) }
  }
  const jwk = P256.safeParse(pick(key))
  if (!jwk.success)
    throw wrongUsage('`key` is not a private key', 'give a P-256 key: a `CryptoKeyPair`, or a private JWK')
  const { d: _, ...publicJwk } = jwk.data
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const publicKey = await crypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify'])
  return { prove: await proverOf({ jwk: jwk.data }), jkt: await DPoP.calculateThumbprint(publicKey) }
}

const pick = ({ kty, crv, x, y, d }: PrivateJwk): object => ({ kty, crv, x, y, d })
