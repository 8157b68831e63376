import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { Said, StatementKind } from '../../domain/credentials/statements.ts'
import { type NumericDate, parseJson } from '../../domain/values.ts'
import { faultName, KeyUnavailable } from '../../operations/faults.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

const mostRemembered = 200
/**
 * The time for which a statement is reused. It leaves three of the five minutes of a read, since clocks differ.
 * Seconds.
 */
const reusedFor = 120

/**
 * Invokes the one function that may sign statements by its alias for the kind: a caller gets only the kinds whose
 * aliases it may call, and never a token (docs/adr/0003-key-custody.md).
 */
export class LambdaStatementSigner {
  readonly #function: string
  readonly #ports: { clock: Clock; log: Log }
  readonly #client: LambdaClient
  /** By content, so that a repeated read reuses its signature. */
  readonly #signed = new Map<string, { token: string; at: NumericDate }>()

  // One attempt, since callers wait for it and can do without.
  constructor(
    functionArn: string,
    ports: { clock: Clock; log: Log },
    client: LambdaClient = asItself(new LambdaClient(bounded(1, 5000))),
  ) {
    this.#function = functionArn
    this.#ports = ports
    this.#client = client
  }

  async sign<Kind extends StatementKind>(kind: Kind, said: Said<Kind>): Promise<string | undefined> {
    const payload = JSON.stringify(said)
    const key = `${kind} ${payload}`
    const now = this.#ports.clock.now()
    const before = this.#signed.get(key)
    if (before && now - before.at < reusedFor) return before.token
    try {
      const token = await this.#invoke(kind, payload)
      if (this.#signed.size >= mostRemembered) this.#signed.clear()
      this.#signed.set(key, { token, at: now })
      return token
    } catch (fault) {
      this.#ports.log.warn('statement_unsigned', { kind, fault: faultName(fault) })
      return undefined
    }
  }

  async #invoke(kind: StatementKind, payload: string): Promise<string> {
    const command = new InvokeCommand({ FunctionName: `${this.#function}:${kind}`, Payload: Buffer.from(payload) })
    const { FunctionError, Payload } = await this.#client.send(command)
    if (FunctionError !== undefined || !Payload) throw new KeyUnavailable(`the signer failed: \`${FunctionError}\``)
    const { token } = Object(parseJson(Buffer.from(Payload).toString('utf8'))) as { token?: unknown }
    if (typeof token !== 'string') throw new KeyUnavailable('the signer gave no statement')
    return token
  }
}
