// Rules: test/operations/agents/current-policy.test.ts, test/operations/agents/recertify.test.ts
import type { Subject } from '../../domain/agents/agent-file.ts'
import { bundleAsOf, datesInFiles, isOnlyTold } from '../../domain/agents/dates.ts'
import {
  type GovernedRegistry,
  nothingGoverned,
  registryAge,
  withGoverned,
} from '../../domain/agents/governed-registry.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Explainer } from '../../domain/policy/condition.ts'
import type { Answer, Ask, PersonAction, Question } from '../../domain/policy/question.ts'
import type { AskerId, NumericDate } from '../../domain/values.ts'
import { faultName, StoreUnavailable } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader, GovernedReader } from './ports.ts'

type Ports = { agents: Pick<AgentReader, 'certified'> & GovernedReader; clock: Clock; log: Log }

/** Answered even without a registry: stopping something gives no right. */
const stopping: PersonAction = 'revoke'

/**
 * The same policy over the bundle with the registry of agents and with newer recertifications. Recertifications only
 * move dates to later ones, so only passed dates are read again. The registry also removes rights, so it is read again
 * after two seconds, and without it no decision is made.
 */
export class CurrentPolicy implements Policy {
  readonly #policy: Policy
  readonly #ports: Ports
  readonly #certified = new Map<Subject, NumericDate>()
  #registry: GovernedRegistry = nothingGoverned
  #readAt: NumericDate | undefined
  #unread: StoreUnavailable | undefined
  #registered!: Bundle
  /** A Map, so that looking up a date does not search the files. */
  #dates!: ReadonlyMap<string, NumericDate>
  #peopleAndGroups!: readonly Subject[]
  #current: Bundle
  #until: NumericDate = 0

  constructor(policy: Policy, ports: Ports) {
    this.#policy = policy
    this.#ports = ports
    this.#current = policy.bundle
    this.#register(nothingGoverned)
  }

  get bundle(): Bundle {
    const now = this.#ports.clock.now()
    if (now >= this.#until) {
      const { bundle, until } = bundleAsOf(this.#registered, this.#certified, now)
      this.#current = bundle
      this.#until = until
    }
    return this.#current
  }

  get files(): Bundle {
    return this.#policy.bundle
  }

  get registered(): Bundle {
    return this.#registered
  }

  get governed(): GovernedRegistry {
    return this.#registry
  }

  ask(question: Question): Answer {
    if (this.#unread && question.action !== stopping) throw this.#unread
    return this.#policy.ask(question)
  }

  get observing(): Ask | undefined {
    return this.#policy.observing
  }

  get explainer(): Explainer | undefined {
    return this.#policy.explainer
  }

  async look(agents: readonly AskerId[], fresh?: 'fresh'): Promise<void> {
    const { clock } = this.#ports
    if (fresh) this.#readAt = undefined
    await this.#readRegistry(clock.now())
    const now = clock.now()
    const wanted = [...new Set<Subject>(agents.length > 0 ? agents : this.#peopleAndGroups)].filter(
      (each) => (this.#dates.get(each) ?? now + 1) <= now && (this.#certified.get(each) ?? 0) <= now,
    )
    if (wanted.length > 0) await this.#readDates(wanted)
  }

  async #readRegistry(now: NumericDate): Promise<void> {
    if (!this.#unread && this.#readAt !== undefined && now - this.#readAt < registryAge) return
    try {
      const registry = await this.#ports.agents.governed(this.#registry)
      if (registry !== this.#registry) this.#register(registry)
      this.#readAt = now
      this.#unread = undefined
    } catch (cause) {
      this.#ports.log.error('registry_not_read', { fault: faultName(cause) })
      this.#unread = new StoreUnavailable('the registry of agents cannot be read', { cause })
      throw this.#unread
    }
  }

  #register(registry: GovernedRegistry): void {
    const registered = withGoverned(this.#policy.bundle, registry)
    const dates = datesInFiles(registered)
    this.#registry = registry
    this.#registered = registered
    this.#dates = dates
    this.#peopleAndGroups = [...dates.keys()].filter((each) => !each.startsWith('agent:') && !isOnlyTold(each))
    this.#until = 0
  }

  async #readDates(wanted: readonly Subject[]): Promise<void> {
    try {
      const found = await this.#ports.agents.certified(wanted)
      for (const [subject, { due }] of found) this.#certified.set(subject, due)
      this.#until = 0
    } catch (fault) {
      this.#ports.log.error('recertification_not_read', { fault: faultName(fault) })
    }
  }
}
