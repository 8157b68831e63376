import { BrokerRefused, BrokerUnavailable } from '../../../functions/operations/faults.ts'
import type { AssumeAsk, AwsCredentialBroker, AwsCredentials } from '../../../functions/targets/aws/ports.ts'

/** The roles that may be assumed, by ARN, with the external id that each demands. */
export type Trust = { readonly [role: string]: string }

/** STS in memory: knows which roles trust it, refuses what STS refuses, and remembers each session it gave. */
export class MemoryBroker implements AwsCredentialBroker {
  readonly #trust: Trust
  readonly #sessions = new Map<string, AssumeAsk>()
  #down = false

  constructor(trust: Trust) {
    this.#trust = trust
  }

  /** Stops answering, or starts again. */
  setDown(down: boolean): void {
    this.#down = down
  }

  async assume(ask: AssumeAsk): Promise<AwsCredentials> {
    await Promise.resolve()
    if (this.#down) throw new BrokerUnavailable('STS did not answer')
    if (this.#trust[ask.role] !== ask.externalId) throw new BrokerRefused(`STS refused the role \`${ask.role}\``)
    if (ask.policy.length > 2048) throw new BrokerRefused('STS refused the policy: it is too long')
    const number = String(this.#sessions.size + 1).padStart(16, '0')
    const accessKeyId = `ASIA${number}`
    this.#sessions.set(accessKeyId, structuredClone(ask))
    return { accessKeyId, secretAccessKey: `secret-${number}`, sessionToken: `session-${number}` }
  }

  session(accessKeyId: string): AssumeAsk | undefined {
    return this.#sessions.get(accessKeyId)
  }
}
