import { SecurityEventVerifier } from '../../functions/adapters/jose/security-event.ts'
import { signalsIn, type Transmitter } from '../../functions/domain/halts/signal.ts'
import { startKeyServer } from '../adapters/jose/key-server.ts'
import { MemoryClock } from '../support/memory-clock.ts'
import { issuer, start } from '../support/world.ts'
import { runPython } from './support/python.ts'

/** Security events by a library of another author (joserfc, in Python). */

const algorithms = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const
jest.setTimeout(240_000)

test('security events are taken in each algorithm that a deployment can name, and refused in one that it does not name', async () => {
  const idp = 'https://id.example.org'
  const type = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
  const sub_id = { format: 'iss_sub', iss: idp, sub: 'person-mia' }
  const { keys, tokens } = await runPython('security_events.py', {
    claims: {
      ...{ iss: idp, aud: `${issuer}/v1/signals/okta`, iat: start, sub_id, txn: 8675309 },
      events: { [type]: { event_timestamp: start, initiating_entity: 'policy', reason_admin: { en: 'Landspeed' } } },
    },
  })
  const server = await startKeyServer()
  server.keys = keys
  const verifierOf = (named: Transmitter['algorithms']) => {
    const okta: Transmitter = {
      ...{ issuer: idp, jwksUri: server.url, audience: '{issuer}/v1/signals/okta', algorithms: named },
      ...{ subjectsOf: ['people'], events: ['session-revoked'], haltsPerHour: 60 },
    }
    return new SecurityEventVerifier({ okta }, issuer, new MemoryClock(start))
  }
  const [all, none] = [verifierOf([...algorithms]), new Map(algorithms.map((each) => [each, verifierOf(others(each))]))]
  try {
    for (const algorithm of algorithms) {
      const verified = await all.verify('okta', tokens[algorithm] ?? '')
      if (!verified.ok) throw new Error(`${algorithm}: ${verified.code}`)
      expect(signalsIn(verified.value)).toEqual([
        { kind: 'session-revoked', names: [{ issuer: idp, subject: 'person-mia' }] },
      ])
      const refused = await none.get(algorithm)?.verify('okta', tokens[algorithm] ?? '')
      expect([algorithm, refused]).toMatchObject([algorithm, { ok: false, code: 'authentication_failed' }])
    }
  } finally {
    await server.close()
  }
})

const others = (algorithm: string) => algorithms.filter((each) => each !== algorithm)
