import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import type { StatementClaims, StatementKind } from '../../domain/credentials/statements.ts'
import type { JsonObject } from '../../domain/values.ts'
import type { KeySet } from '../../operations/credentials/ports.ts'
import { faultName, KeyUnavailable } from '../../operations/faults.ts'
import type { Log } from '../../operations/ports.ts'
import { asItself, bounded } from '../aws-client.ts'

const mostRemembered = 200

/**
 * Has the one function that may sign statements sign one, and give the public keys: a caller can have nothing else
 * signed, and no token (docs/adr/0003-key-custody.md).
 */
export class LambdaStatementSigner implements KeySet {
  readonly #function: string
  readonly #log: Log
  readonly #client: LambdaClient
  /** By what they say: an approval that is read again is not signed again. */
  readonly #signed = new Map<string, string>()

  // One try, since callers wait and nothing is lost without it.
  constructor(functionArn: string, log: Log, client: LambdaClient = asItself(new LambdaClient(bounded(1, 5000)))) {
    this.#function = functionArn
    this.#log = log
    this.#client = client
  }

  async sign<Kind extends StatementKind>(kind: Kind, claims: StatementClaims<Kind>): Promise<string | undefined> {
    const ask = { kind, claims: claims as JsonObject }
    const key = JSON.stringify(ask)
    const before = this.#signed.get(key)
    if (before !== undefined) return before
    try {
      const { token } = await this.#invoke(ask)
      if (typeof token !== 'string') throw new KeyUnavailable('the signer gave no statement')
      if (this.#signed.size >= mostRemembered) this.#signed.clear()
      this.#signed.set(key, token)
      return token
    } catch (fault) {
      this.#log.warn('statement_unsigned', { kind, fault: faultName(fault) })
      return undefined
    }
  }

  /** @throws KeyUnavailable */
  async jwks(): Promise<{ keys: readonly JsonObject[] }> {
    const { keys } = await this.#invoke({ kind: 'keys' }).catch((cause: unknown) => {
      throw new KeyUnavailable('the signer did not give its public keys', { cause })
    })
    if (!Array.isArray(keys)) throw new KeyUnavailable('the signer gave no public keys')
    return { keys: keys as readonly JsonObject[] }
  }

  async #invoke(ask: JsonObject): Promise<{ [member: string]: unknown }> {
    const command = new InvokeCommand({ FunctionName: this.#function, Payload: Buffer.from(JSON.stringify(ask)) })
    const { FunctionError, Payload } = await this.#client.send(command)
    if (FunctionError !== undefined || !Payload) throw new KeyUnavailable(`the signer failed: \`${FunctionError}\``)
    return JSON.parse(Buffer.from(Payload).toString('utf8')) as { [member: string]: unknown }
  }
}
