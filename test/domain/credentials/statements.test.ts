import { makeStatement, readSeconds, type StatementKind } from '../../../functions/domain/credentials/statements.ts'
import type { SecurityEvent } from '../../../functions/domain/events/security-events.ts'
import { requestId } from '../../support/ask.ts'
import { issuer, sampleBundle, start } from '../../support/world.ts'

const bundle = sampleBundle()
const make = (kind: StatementKind, said: unknown, now = start) => makeStatement(kind, said, { issuer, bundle, now })

const [txn, sub] = [requestId(), 'agent:remediator']
const binding = { binding_context_members: ['purpose'], binding_hash: 'h'.repeat(43) }
const denial = { sub, jti: txn.replace('req', 'evl'), exp: start + 600, ...binding }
const approval = { sub, jti: txn.replace('req', 'grt'), txn, exp: start + 900, digest: `sha-256:${'0'.repeat(43)}` }
const event: SecurityEvent = {
  ...{ type: 'session_revoked', request: txn, token: txn.replace('req', 'crd'), subject: sub },
  ...{ at: start, expiresAt: start + 60, because: 'revoked' },
} as SecurityEvent
const signal = { tool: 'tool:flag-service', stream: `str_${'0'.repeat(26)}`, event }
const all: readonly [StatementKind, object][] = [
  ['denial', denial],
  ['approval', approval],
  ['deferral', { sub, txn }],
  ['read', { tool: 'tool:flag-service' }],
  ['signal', signal],
]

test.each(all)('the signer sets issuer, audience and time by itself in a statement of kind %s', (kind, said) => {
  const ofTool = kind === 'read' || kind === 'signal'
  const aud = ofTool ? bundle.deployment.tools['flag-service']?.audience : issuer
  expect(make(kind, said).claims).toMatchObject({ iss: issuer, aud, iat: start })
  for (const own of [{ iat: start }, { iss: issuer }, { aud: 'https://flags.example.org' }, { nbf: 0 }])
    expect(() => make(kind, { ...said, ...own })).toThrow()
})

test('a read token ends five minutes after the signer made it, and its caller names no time', () => {
  const said = { tool: 'tool:flag-service' }
  expect(make('read', said).claims).toMatchObject({ iat: start, exp: start + readSeconds })
  expect(() => make('read', { ...said, exp: start + 10 * 365 * 86_400 })).toThrow()
})

test.each<[StatementKind, object, most: number]>([
  ['denial', denial, 630],
  ['approval', approval, 30 * 86_400],
])(
  'a statement of kind %s ends when the caller says, and at the latest after the longest life of its kind',
  (kind, said, most) => {
    expect(make(kind, said).claims).toMatchObject({ exp: (said as { exp: number }).exp })
    expect(make(kind, { ...said, exp: start + 10 * 365 * 86_400 }).claims).toMatchObject({ exp: start + most })
  },
)

test('a deferral ends after thirty days', () =>
  expect(make('deferral', { sub, txn }).claims).toMatchObject({ exp: start + 30 * 86_400 }))

test.each<[StatementKind, object]>([
  ['read', { tool: 'tool:elsewhere' }],
  ['signal', { ...signal, tool: 'tool:elsewhere' }],
])('a statement of kind %s for a tool that is not deployed is not signed', (kind, said) =>
  expect(() => make(kind, said)).toThrow('not deployed'),
)

test('a security event is one of the two that Hotwork sends, and its caller writes no `events`', () => {
  const { claims } = make('signal', signal)
  expect(Object.keys(claims['events'] as object)).toEqual([
    'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  ])
  const own = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled'
  for (const wrong of [
    { ...event, type: own },
    { ...event, because: 'I say so' },
    { ...event, events: { [own]: {} } },
  ])
    expect(() => make('signal', { ...signal, event: wrong })).toThrow()
})
