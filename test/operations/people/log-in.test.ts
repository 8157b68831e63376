import { SystemSecrets } from '../../../functions/adapters/system/system.ts'
import { digestOf } from '../../../functions/domain/digest.ts'
import { readNonce, writeState } from '../../../functions/domain/people/login.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Digest, HaltId } from '../../../functions/domain/values.ts'
import { beginLogin, findVisitor, finishLogin, logOut } from '../../../functions/operations/people/log-in.ts'
import type { LoginPurpose, PendingLogin } from '../../../functions/operations/people/ports.ts'
import { requestId } from '../../support/ask.ts'
import { withPerson } from '../../support/bundles.ts'
import { MemoryLoginProvider } from '../../support/people/memory-login-provider.ts'
import { MemorySessionStore } from '../../support/people/memory-session-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { person, sampleBundle, World } from '../../support/world.ts'

/** People log in with a browser for an hour, until they log out, or until the directory says so. */

const sample = sampleBundle()
const redirect = 'https://hotwork.example/login/callback'
const secrets = new SystemSecrets()

class Logins {
  readonly world = new World(sample)
  readonly provider = new MemoryLoginProvider()
  readonly sessions = new MemorySessionStore(this.world.requests)

  get ports() {
    const { policy, clock, log } = this.world
    return { sessions: this.sessions, provider: this.provider, tokens: this.provider, secrets, policy, clock, log }
  }

  begin(cookie: string, purpose: LoginPurpose = { to: '/decide' }) {
    return beginLogin({ purpose, cookie, redirect }, this.ports)
  }
  /** Begins and ends a login of a person at the provider, in one browser. */
  async logIn(subject: string, cookie = secrets.secret()) {
    const address = await this.begin(cookie)
    const answer = this.provider.logIn(address, { subject, acr: 'plain', at: this.world.clock.now() })
    return finishLogin({ answer, cookie }, this.ports)
  }
  async visitor(cookie: string) {
    return (await findVisitor(cookie, this.ports))?.person.id
  }
}

let at: Logins
beforeEach(() => {
  at = new Logins()
})
const loggedIn = async (subject: string) => {
  return unwrap(await at.logIn(subject))
}
const changeTo = (bundle: Bundle) => {
  at.world.policy = { ...at.world.policy, bundle }
}

test('a person who logs in is themselves from then on, in that browser and no other', async () => {
  const { cookie, person: who } = await loggedIn('person-ana')
  expect(who.id).toBe('person:ana')
  expect(await at.visitor(cookie)).toBe('person:ana')
  expect(await at.visitor(secrets.secret())).toBeUndefined()
})

test('a login begins another session, so that the browser’s old one is worthless', async () => {
  const before = secrets.secret()
  const first = await at.logIn('person-ana', before)
  const second = first.ok ? await at.logIn('person-ana', first.value.cookie) : first
  expect(second.ok && second.value.cookie).not.toBe(first.ok && first.value.cookie)
  expect(await at.visitor(before)).toBeUndefined()
  expect(first.ok && (await at.visitor(first.value.cookie))).toBeUndefined()
})

test('a session lasts an hour, however it is used', async () => {
  const { cookie } = await loggedIn('person-ana')
  at.world.clock.advance(3599)
  expect(await at.visitor(cookie)).toBe('person:ana')
  at.world.clock.advance(1)
  expect(await at.visitor(cookie)).toBeUndefined()
})

test('a session from before a halt of its person is dead, and stays dead once the halt is lifted', async () => {
  const { cookie } = await loggedIn('person-ana')
  const other = await loggedIn('person-ben')
  const { clock, requests } = at.world
  clock.advance(1)
  const target = { kind: 'person', value: person('ana') } as const
  const halt = { id: `hlt_${'0'.repeat(26)}` as HaltId, target, reason: 'stolen', by: person('gus'), at: clock.now() }
  requests.putHalt(halt)
  expect(await at.visitor(cookie)).toBeUndefined()
  clock.advance(1)
  const meanwhile = await loggedIn('person-ana')
  expect(await at.visitor(meanwhile.cookie)).toBe('person:ana')
  clock.advance(1)
  requests.putHalt({ ...halt, lifted: { by: person('hana'), at: clock.now() } })
  clock.advance(1)
  for (const each of [cookie, meanwhile.cookie]) expect(await at.visitor(each)).toBeUndefined()
  expect(await at.visitor((await loggedIn('person-ana')).cookie)).toBe('person:ana')
  expect(await at.visitor(other.cookie)).toBe('person:ben')
})

test('a person who logs out is unknown at once', async () => {
  const { cookie } = await loggedIn('person-ana')
  const visitor = await findVisitor(cookie, at.ports)
  if (visitor) await logOut(visitor, at.ports)
  expect(await at.visitor(cookie)).toBeUndefined()
})

const { directory } = sample
const isOther = ({ id }: { id: string }) => id !== 'person:ana'
test.each<[rule: string, Bundle]>([
  ['deactivated', withPerson(person('ana'), { status: 'inactive' }, sample)],
  ['no longer in it', { ...sample, directory: { ...directory, people: directory.people.filter(isOther) } }],
  [
    'of another identity now',
    withPerson(person('ana'), { identities: [{ issuer: 'people', subject: 'person-ana-2' }] }, sample),
  ],
])('a person who is %s is out at their next request', async (_rule, bundle) => {
  const { cookie } = await loggedIn('person-ana')
  changeTo(bundle)
  expect(await at.visitor(cookie)).toBeUndefined()
})

test('a person of the provider without an entry in the directory does not get in', async () =>
  expect(await at.logIn('person-stranger')).toMatchObject({ ok: false, code: 'unknown_person' }))

test('a person whose entry is not active does not get in', async () => {
  changeTo(withPerson(person('ana'), { status: 'inactive' }, sample))
  expect(await at.logIn('person-ana')).toMatchObject({ ok: false, code: 'inactive' })
})

test('a login keeps no row before the provider has answered for a person: beginning one and failing store nothing', async () => {
  const cookie = secrets.secret()
  const before = at.sessions.text
  const { state } = at.provider.asked(await at.begin(cookie))
  const answer = new URL(`${redirect}?code=guessed&state=${state}`)
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({ code: 'login_failed' })
  expect(at.sessions.text).toBe(before)
})

test('a state that a caller changed, or made without the cookie, is unknown', async () => {
  const cookie = secrets.secret()
  const { state } = at.provider.asked(await at.begin(cookie))
  const [body = '', code] = state.split('.')
  const forged = writeState(secrets.secret(), { purpose: { to: '/decide' }, expiresAt: 2 ** 40, random: 'r' })
  for (const each of [`${body}.${'x'.repeat(43)}`, `${body}x.${code}`, `.${code}`, `${state}.`, forged, '.', '%.%']) {
    const answer = new URL(redirect)
    answer.search = new URLSearchParams({ code: 'c', state: each }).toString()
    expect([each, await finishLogin({ answer, cookie }, at.ports)]).toMatchObject([each, { code: 'login_unknown' }])
  }
})

test('a login for a page knows after it what it was for', async () => {
  const cookie = secrets.secret()
  const purpose = { to: '/break-glass', acr: 'stärker', maxAge: 300 }
  const address = await at.begin(cookie, purpose)
  const answer = at.provider.logIn(address, { subject: 'person-ana', at: at.world.clock.now() })
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({ ok: true, value: { purpose } })
})

const answerTo = async (cookie: string) =>
  at.provider.logIn(await at.begin(cookie), { subject: 'person-ana', at: at.world.clock.now() })

test('an answer brought to another browser logs no person in', async () => {
  const answer = await answerTo(secrets.secret())
  expect(await finishLogin({ answer, cookie: secrets.secret() }, at.ports)).toMatchObject({ code: 'login_unknown' })
})
test('an answer counts once', async () => {
  const cookie = secrets.secret()
  const answer = await answerTo(cookie)
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({ ok: true })
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({ ok: false })
})
test('a second code of the provider for the same login logs no person in', async () => {
  const cookie = secrets.secret()
  const address = await at.begin(cookie)
  const answers = [1, 2].map(() => at.provider.logIn(address, { subject: 'person-ana', at: at.world.clock.now() })) as [
    URL,
    URL,
  ]
  expect(await finishLogin({ answer: answers[0], cookie }, at.ports)).toMatchObject({ ok: true })
  expect(await finishLogin({ answer: answers[1], cookie }, at.ports)).toMatchObject({ code: 'login_unknown' })
})
test('two copies of an answer at once log in once', async () => {
  const cookie = secrets.secret()
  const answer = await answerTo(cookie)
  const both = await Promise.all([finishLogin({ answer, cookie }, at.ports), finishLogin({ answer, cookie }, at.ports)])
  expect(both.filter(({ ok }) => ok)).toHaveLength(1)
})
test('an answer after ten minutes is too late', async () => {
  const cookie = secrets.secret()
  const answer = await answerTo(cookie)
  at.world.clock.advance(600)
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({ code: 'login_unknown' })
})
test('an answer to no question logs no person in', async () => {
  const answer = new URL(`${redirect}?code=x&state=${secrets.secret()}`)
  expect(await finishLogin({ answer, cookie: secrets.secret() }, at.ports)).toMatchObject({ code: 'login_unknown' })
})
test("another login's code does not end this one: its verifier is another", async () => {
  const cookie = secrets.secret()
  const theirs = await answerTo(secrets.secret())
  const ours = await answerTo(cookie)
  ours.searchParams.set('code', theirs.searchParams.get('code') ?? '')
  expect(await finishLogin({ answer: ours, cookie }, at.ports)).toMatchObject({ code: 'login_failed' })
})

test('stored rows let no reader log in as another: no cookie, no verifier, no state', async () => {
  const cookie = secrets.secret()
  const address = await at.begin(cookie)
  const { verifier, state } = at.provider.asked(address)
  const answer = at.provider.logIn(address, { subject: 'person-ana', at: at.world.clock.now() })
  const before = at.sessions.text
  const done = await finishLogin({ answer, cookie }, at.ports)
  for (const secret of [cookie, verifier, state, done.ok ? done.value.cookie : ''])
    expect(before + at.sessions.text).not.toContain(secret)
})

test('the comment of a decision waits for its login where only that browser reads it, and the table has no text', async () => {
  const digest = `sha-256:${'d'.repeat(43)}` as Digest
  const comment = 'looks right to me'
  const choice = { id: requestId(), verdict: 'approve' as const, round: 1, digest, seen: digest, comment }
  const cookie = secrets.secret()
  const address = await at.begin(cookie, { decision: { ...choice, person: person('ana') } })
  const [, sealed = ''] = /sealed\\*":\\*"([\w-]+)/.exec(at.sessions.text) ?? []
  expect(sealed).not.toBe('')
  for (const kept of [at.sessions.text, Buffer.from(sealed, 'base64url').toString('latin1')])
    expect(kept).not.toMatch(/looks right|person:ana/)
  const answer = at.provider.logIn(address, { subject: 'person-ana', at: at.world.clock.now() })
  expect(await finishLogin({ answer, cookie }, at.ports)).toMatchObject({
    value: { purpose: { decision: { comment } } },
  })
})

test('a decision that waits for its login in a row from before rows were sealed is unknown, so the person decides again', async () => {
  const digest = `sha-256:${'d'.repeat(43)}` as Digest
  const decision = {
    id: requestId(),
    verdict: 'approve' as const,
    round: 1,
    digest,
    seen: digest,
    person: person('ana'),
  }
  const cookie = secrets.secret()
  const address = await at.begin(cookie, { decision })
  const key = digestOf('hotwork.login.v1', at.provider.asked(address).state)
  const answer = at.provider.logIn(address, { subject: 'person-ana', at: at.world.clock.now() })
  const { sealed: _, ...rest } = (await at.sessions.take(key)) as PendingLogin
  await at.sessions.begin(key, { ...rest, purpose: { decision } } as unknown as PendingLogin)
  expect(await finishLogin({ answer, cookie }, at.ports)).toEqual({ ok: false, code: 'login_unknown' })
})

test('a login that is to confirm a decision holds verdict, round and digest in its nonce, and is new each time', async () => {
  const request = await at.world.submitted({
    action: 'ssm:PutParameter',
    arguments: { Name: '/prod/checkout/x', Value: '1', Overwrite: true },
    resource: { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/x' },
  })
  const { id, digest } = request.ask
  const purpose: LoginPurpose = {
    decision: { id, person: person('ana'), verdict: 'approve', round: 1, digest, seen: digest },
    acr: 'strong',
    maxAge: 900,
  }
  const cookie = secrets.secret()
  const asked = [at.provider.asked(await at.begin(cookie, purpose)), at.provider.asked(await at.begin(cookie, purpose))]
  expect(asked[0]).toMatchObject({ acr: 'strong', maxAge: 900 })
  expect(readNonce(asked[0]?.nonce)).toMatchObject({ verdict: 'approve', round: 1, digest })
  expect(asked[0]?.nonce).not.toBe(asked[1]?.nonce)
})
