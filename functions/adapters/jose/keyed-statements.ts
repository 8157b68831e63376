import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { type CarriedKind, type StatementClaims, statements } from '../../domain/credentials/statements.ts'
import { defined, ok, type Result, refuse } from '../../domain/values.ts'
import type { Secret, Statements, Verified } from '../../operations/credentials/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock, Log } from '../../operations/ports.ts'
import { isCompact } from './compact.ts'

type Ports = { issuer: string; secret: Secret; clock: Clock; log: Log }

/**
 * Statements that only Hotwork reads again: JWS by HMAC with a secret that KMS makes (docs/adr/0054), so that neither
 * making nor reading one asks KMS.
 */
export class KeyedStatements implements Statements {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  async sign<Kind extends CarriedKind>(kind: Kind, claims: StatementClaims<Kind>): Promise<string | undefined> {
    const { issuer, log } = this.#ports
    try {
      const key = await this.#key()
      return await new SignJWT({ iss: issuer, aud: issuer, ...defined(claims) })
        .setProtectedHeader({ alg: 'HS256', typ: statements[kind].typ })
        .sign(key)
    } catch (fault) {
      log.warn('statement_unsigned', { kind, fault: faultName(fault) })
      return undefined
    }
  }

  async verify<Kind extends CarriedKind>(kind: Kind, token: string): Promise<Result<Verified<Kind>, 'invalid'>> {
    const { issuer, clock } = this.#ports
    if (!isCompact(token)) return refuse('invalid')
    const key = await this.#key()
    try {
      const { payload } = await jwtVerify(token, key, {
        ...{ typ: statements[kind].typ, algorithms: ['HS256'], issuer, audience: issuer },
        currentDate: new Date(clock.now() * 1000),
      })
      return verified(kind, payload, false)
    } catch (cause) {
      // jose looks at the time last: code, type, issuer and audience are right.
      if (cause instanceof errors.JWTExpired) return verified(kind, cause.payload, true)
      if (cause instanceof errors.JOSEError) return refuse('invalid')
      throw cause
    }
  }

  #key = async () => Buffer.from(await this.#ports.secret.read(), 'base64url')
}

function verified<Kind extends CarriedKind>(
  kind: Kind,
  { iss: _iss, aud: _aud, ...own }: JWTPayload,
  expired: boolean,
): Result<Verified<Kind>, 'invalid'> {
  const parsed = statements[kind].claims.safeParse(own)
  return parsed.success ? ok({ claims: parsed.data as StatementClaims<Kind>, expired }) : refuse('invalid')
}
