// Rules: test/operations/agents/recertify.test.ts
import type { Subject } from '../../domain/agents/agent-file.ts'
import { bundleAsOf, datesInFiles } from '../../domain/agents/dates.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { Explainer } from '../../domain/policy/condition.ts'
import type { Answer, Ask, Question } from '../../domain/policy/question.ts'
import type { AskerId, NumericDate } from '../../domain/values.ts'
import { faultName } from '../faults.ts'
import type { Policy } from '../policy/ports.ts'
import type { Clock, Log } from '../ports.ts'
import type { AgentReader } from './ports.ts'

type Ports = { agents: Pick<AgentReader, 'certified'>; clock: Clock; log: Log }

/**
 * The same policy over the bundle with newer recertifications. A recertification only moves a date to a later one, so a
 * date that was read is right until it passes; only passed dates are read again.
 */
export class CurrentPolicy implements Policy {
  readonly #policy: Policy
  readonly #ports: Ports
  /** A Map, since each call looks up a date, and the files would have to be searched. */
  readonly #dates: ReadonlyMap<string, NumericDate>
  readonly #peopleAndGroups: readonly Subject[]
  readonly #certified = new Map<Subject, NumericDate>()
  #current: Bundle
  #until: NumericDate = 0

  constructor(policy: Policy, ports: Ports) {
    this.#policy = policy
    this.#ports = ports
    this.#current = policy.bundle
    const dates = datesInFiles(policy.bundle)
    this.#dates = dates
    this.#peopleAndGroups = [...dates.keys()].filter((each) => !/^(?:agent|sealed):/.test(each))
  }

  get bundle(): Bundle {
    const now = this.#ports.clock.now()
    if (now >= this.#until) {
      const { bundle, until } = bundleAsOf(this.#policy.bundle, this.#certified, now)
      this.#current = bundle
      this.#until = until
    }
    return this.#current
  }

  get files(): Bundle {
    return this.#policy.bundle
  }

  ask(question: Question): Answer {
    return this.#policy.ask(question)
  }

  get observing(): Ask | undefined {
    return this.#policy.observing
  }

  get explainer(): Explainer | undefined {
    return this.#policy.explainer
  }

  async look(agents: readonly AskerId[]): Promise<void> {
    const { clock, log } = this.#ports
    const now = clock.now()
    const wanted = [...new Set<Subject>(agents.length > 0 ? agents : this.#peopleAndGroups)].filter(
      (each) => (this.#dates.get(each) ?? now + 1) <= now && (this.#certified.get(each) ?? 0) <= now,
    )
    if (wanted.length === 0) return
    try {
      const found = await this.#ports.agents.certified(wanted)
      for (const [subject, { due }] of found) this.#certified.set(subject, due)
      this.#until = 0
    } catch (fault) {
      log.error('recertification_not_read', { fault: faultName(fault) })
    }
  }
}
