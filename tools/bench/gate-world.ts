import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'
import { calculateJwkThumbprint, type JWK } from 'jose'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { ApprovedRequest } from '../../functions/domain/record/request.ts'
import type { JsonObject, Thumbprint, ToolId } from '../../functions/domain/values.ts'
import { agent, World } from '../../test/support/world.ts'

/**
 * A flag's request of the sample organisation, approved and claimed, with the token and proof that its agent shows at
 * the gate.
 */
export class GateWorld extends World {
  readonly tool = 'tool:flag-service' as ToolId
  readonly audience = 'https://flags.example.org'
  readonly url = 'https://flags.example.org/flags'
  readonly action = 'flags:set'
  readonly arguments: JsonObject = { environment: 'prod', flag: 'express-checkout', value: true }
  readonly #privateKey: KeyObject
  readonly jwk: JWK
  jkt = '' as Thumbprint
  token = ''
  #proofsMade = 0

  private constructor(bundle: Bundle) {
    super(bundle)
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#privateKey = privateKey
    this.jwk = publicKey.export({ format: 'jwk' }) as JWK
  }

  static async make(bundle: Bundle): Promise<{ world: GateWorld; granted: ApprovedRequest }> {
    const world = new GateWorld(bundle)
    world.jkt = (await calculateJwkThumbprint(world.jwk)) as Thumbprint
    const request = await world.submitted(
      {
        agent: agent('builder'),
        action: world.action,
        arguments: world.arguments as { [name: string]: boolean },
        resource: { type: 'flags:flag', id: 'prod/express-checkout' },
        purpose: 'release',
      },
      { jkt: world.jkt },
    )
    await world.decide(request, 'ana')
    const issued = await world.issueToken(request, { jkt: world.jkt })
    if (!issued.ok) throw new Error(`${issued.code}: ${issued.detail}`)
    world.token = issued.value.token
    return { world, granted: (await world.state(request.ask.id)) as ApprovedRequest }
  }

  /** A fresh proof of the agent's key for a token. */
  proofFor(token: string): string {
    this.#proofsMade += 1
    const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk }
    const claims = {
      jti: `proof-${this.#proofsMade}-of-a-length-that-is-usual`,
      htm: 'POST',
      htu: this.url,
      iat: this.clock.now(),
      ath: hash('sha256', token, 'base64url'),
    }
    const input = `${part(header)}.${part(claims)}`
    const signature = sign('sha256', Buffer.from(input), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
    return `${input}.${signature.toString('base64url')}`
  }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
