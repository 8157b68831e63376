import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoSessionStore } from '../../../functions/adapters/dynamodb/session-store.ts'
import type { LoginSession } from '../../../functions/domain/people/login.ts'
import type { Digest } from '../../../functions/domain/values.ts'
import type { PendingLogin, SessionStore } from '../../../functions/operations/people/ports.ts'
import { person, submittedAt } from '../../support/ask.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { MemorySessionStore } from '../../support/people/memory-session-store.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { onBoth } from '../both.ts'
import { makeTables } from './tables.ts'

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

onBoth<SessionStore>(
  'the session store',
  {
    memory: () => new MemorySessionStore(new MemoryRequestStore(new MemoryLedgerStore())),
    real: async () => new DynamoSessionStore(connect(), (await makeTables()).requests),
  },
  (make) => {
    let store: SessionStore
    beforeEach(async () => {
      store = await make()
    })

    test('a person who was never halted has no halts', async () =>
      expect(await store.haltsOf(person('ana'))).toEqual([]))

    test('a session that was opened is found as it was, until it is ended', async () => {
      await store.open(key('s'), session)
      expect(await store.find(key('s'))).toEqual(session)
      await store.end(key('s'), session.expiresAt)
      expect(await store.find(key('s'))).toBeUndefined()
    })
    test('nobody has a session that was never opened, and ending it changes nothing', async () => {
      await store.end(key('s'), session.expiresAt)
      expect(await store.find(key('s'))).toBeUndefined()
    })
    test('a login that was begun is taken once', async () => {
      await store.begin(key('l'), login)
      expect(await store.take(key('l'))).toEqual(login)
      expect(await store.take(key('l'))).toBeUndefined()
    })
    test('of twenty who take it at once one gets it', async () => {
      await store.begin(key('l'), login)
      const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(key('l'))))
      expect(taken.filter((each) => each !== undefined)).toHaveLength(1)
    })
    test('a login is marked as ended once, also by twenty at once', async () => {
      const marked = await Promise.all(Array.from({ length: 20 }, () => store.once(key('m'), submittedAt + 600)))
      expect(marked.filter(Boolean)).toHaveLength(1)
      expect(await store.once(key('n'), submittedAt + 600)).toBe(true)
    })
    test('a login is no session, and a session no login', async () => {
      await store.begin(key('x'), login)
      expect(await store.find(key('x'))).toBeUndefined()
      await store.open(key('y'), session)
      expect(await store.take(key('y'))).toBeUndefined()
    })
  },
)
