import type { LoginSession } from '../../../functions/domain/people/login.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import type { PendingLogin } from '../../../functions/operations/people/ports.ts'
import { person, submittedAt } from '../../support/ask.ts'
import { onBothStores } from './stores.ts'

const key = (letter: string) => `sha-256:${letter.repeat(43)}` as Digest
const login: PendingLogin = {
  browser: key('b'),
  sealed: 's'.repeat(43),
  nonce: 'n'.repeat(43),
  expiresAt: submittedAt + 600,
}
const session: LoginSession = {
  person: person('ana'),
  identity: { issuer: 'people', subject: 'person-ana', claims: {} },
  acr: 'strong',
  at: submittedAt,
  startedAt: submittedAt,
  expiresAt: submittedAt + 3600,
}

onBothStores('the session store', (stores) => {
  test('a person who was never halted has no halts', async () =>
    expect(await stores.sessions.haltsOf(person('ana'))).toEqual([]))

  test('an opened session is found unchanged until it ends', async () => {
    await stores.sessions.open(key('s'), session)
    expect(await stores.sessions.find(key('s'))).toEqual(session)
    await stores.sessions.end(key('s'), session.expiresAt)
    expect(await stores.sessions.find(key('s'))).toBeUndefined()
  })
  test('a session that was never opened is missing, and ending it changes nothing', async () => {
    await stores.sessions.end(key('s'), session.expiresAt)
    expect(await stores.sessions.find(key('s'))).toBeUndefined()
  })
  test('a begun login is taken once', async () => {
    await stores.sessions.begin(key('l'), login)
    expect(await stores.sessions.take(key('l'))).toEqual(login)
    expect(await stores.sessions.take(key('l'))).toBeUndefined()
  })
  test('one of twenty concurrent takers gets a login', async () => {
    await stores.sessions.begin(key('l'), login)
    const taken = await Promise.all(Array.from({ length: 20 }, () => stores.sessions.take(key('l'))))
    expect(taken.filter((each) => each !== undefined)).toHaveLength(1)
  })
  test('one of twenty concurrent marks ends a login', async () => {
    const marked = await Promise.all(
      Array.from({ length: 20 }, () => stores.sessions.once(key('m'), submittedAt + 600)),
    )
    expect(marked.filter(Boolean)).toHaveLength(1)
    expect(await stores.sessions.once(key('n'), submittedAt + 600)).toBe(true)
  })
  test('a login is not found as a session, nor a session as a login', async () => {
    await stores.sessions.begin(key('x'), login)
    expect(await stores.sessions.find(key('x'))).toBeUndefined()
    await stores.sessions.open(key('y'), session)
    expect(await stores.sessions.take(key('y'))).toBeUndefined()
  })
})
