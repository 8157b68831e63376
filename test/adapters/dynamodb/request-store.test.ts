import { connect } from '../../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore } from '../../../functions/adapters/dynamodb/request-store.ts'
import { noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import type { EvaluationId, PersonId, RequestId } from '../../../functions/domain/values.ts'
import type { LedgerStore } from '../../../functions/operations/ledger/ports.ts'
import type { OnceOnly } from '../../../functions/operations/ports.ts'
import type { RequestStore, Stored } from '../../../functions/operations/record/ports.ts'
import {
  bundle,
  callBegin,
  callResolution,
  comparison,
  credentialId,
  decision,
  intent,
  issuance,
  minutes,
  otherAgent,
  person,
  requestId,
  revocation,
  sampleAsk,
  sampleStage,
  submit,
  submittedAt,
  useId,
  withdrawal,
} from '../../support/ask.ts'
import { MemoryLedgerStore } from '../../support/ledger/memory-ledger-store.ts'
import { samplePlan, stepAsk } from '../../support/plan.ts'
import { MemoryRequestStore } from '../../support/requests/memory-request-store.ts'
import { onBoth } from '../both.ts'
import { commitOf, submission } from './commits.ts'
import { makeTables } from './tables.ts'

type Stores = { requests: RequestStore; ledger: LedgerStore }

const once = (key: string, value: string, replaces?: string): OnceOnly => ({
  key,
  value,
  ...(replaces === undefined ? {} : { replaces }),
  expiresAt: submittedAt + 86_400,
})

onBoth<Stores>(
  'the request store',
  {
    memory: () => {
      const ledger = new MemoryLedgerStore()
      return { requests: new MemoryRequestStore(ledger), ledger }
    },
    real: async () => {
      const [connection, tables] = [connect(), await makeTables()]
      return {
        requests: new DynamoRequestStore(connection, tables, () => submittedAt + 86_400),
        ledger: new DynamoLedgerStore(connection, tables),
      }
    },
  },
  (make) => {
    let requests: RequestStore
    let ledger: LedgerStore
    const ask = sampleAsk()
    const load = async (id: RequestId) => (await requests.load(id)) as Stored
    beforeEach(async () => {
      ;({ requests, ledger } = await make())
    })

    test('what was never committed is not there', async () => {
      expect(await requests.load(ask.id)).toBeUndefined()
      expect(await ledger.entries(ask.id)).toEqual([])
    })

    test('a state comes back as it was committed, with the end of its chain, and its entries replay to it', async () => {
      const change = submission(ask)
      expect(await requests.commit(change)).toEqual({ outcome: 'committed' })
      expect(await requests.load(ask.id)).toEqual({ state: change.state, head: change.head })
      expect(verify(ask.id, await ledger.entries(ask.id))).toEqual({ state: change.state })
    })

    test('arguments keep every character, number and depth', async () => {
      const strange = {
        ключ: ['\u0000', '👩‍🚒', { '': null, deep: [[[1.5e-7, -3, 9007199254740991]]] }],
        a: 'x'.repeat(9000),
      }
      const other = sampleAsk({ arguments: strange })
      await requests.commit(submission(other))
      expect((await load(other.id)).state.ask.arguments).toEqual(strange)
    })

    test('a request is new once', async () => {
      await requests.commit(submission(ask))
      expect(await requests.commit(submission(ask))).toEqual({ outcome: 'stale' })
    })

    test('a change of what has changed since is stale, and nothing of it is written', async () => {
      await requests.commit(submission(ask))
      const read = await load(ask.id)
      await requests.commit(commitOf(ask, read, withdrawal(), 10))
      const before = await load(ask.id)
      const late = commitOf(ask, read, decision(ask, 'ana', 'approve'), 11, [once('SEEN#late', ask.id)])
      expect(await requests.commit(late)).toEqual({ outcome: 'stale' })
      expect(await load(ask.id)).toEqual(before)
      expect(await requests.recall('SEEN#late')).toBeUndefined()
      expect(verify(ask.id, await ledger.entries(ask.id))).toEqual({ state: before.state })
    })

    test('a change from a head that never was is stale', async () => {
      const change = commitOf(
        ask,
        { ...submission(ask), head: { sequence: 4, hash: 'sha-256:other' } },
        withdrawal(),
        10,
      )
      expect(await requests.commit(change)).toEqual({ outcome: 'stale' })
    })

    test('a change from another line that is as long is stale', async () => {
      await requests.commit(submission(ask))
      const read = await load(ask.id)
      const forked = { ...read, head: { ...read.head, hash: 'sha-256:other' } }
      expect(await requests.commit(commitOf(ask, forked, withdrawal(), 10))).toEqual({ outcome: 'stale' })
      expect(await load(ask.id)).toEqual(read)
    })

    test('a key that is taken says by what, and nothing else is written', async () => {
      await requests.commit(submission(ask, { once: [once('IDEM#1', 'first')] }))
      const other = sampleAsk({ id: requestId(2) })
      const again = submission(other, { once: [once('SEEN#2', other.id), once('IDEM#1', 'second')] })
      expect(await requests.commit(again)).toEqual({ outcome: 'taken', key: 'IDEM#1', value: 'first' })
      expect(await requests.load(other.id)).toBeUndefined()
      expect(await ledger.entries(other.id)).toEqual([])
      expect([await requests.recall('IDEM#1'), await requests.recall('SEEN#2')]).toEqual(['first', undefined])
    })

    test('taken is told before stale: it is final', async () => {
      await requests.commit(submission(ask, { once: [once('SEEN#click', ask.id)] }))
      const again = submission(ask, { once: [once('SEEN#click', ask.id)] })
      expect(await requests.commit(again)).toEqual({ outcome: 'taken', key: 'SEEN#click', value: ask.id })
    })

    test('a key may be replaced by whoever names the value in it, and by nobody else', async () => {
      await requests.commit(submission(ask, { once: [once('OPEN#agent#hash', 'first')] }))
      const [second, third] = [sampleAsk({ id: requestId(2) }), sampleAsk({ id: requestId(3) })]
      const replacing = submission(second, { once: [once('OPEN#agent#hash', 'second', 'first')] })
      expect(await requests.commit(replacing)).toEqual({ outcome: 'committed' })
      const late = submission(third, { once: [once('OPEN#agent#hash', 'third', 'first')] })
      expect(await requests.commit(late)).toEqual({ outcome: 'taken', key: 'OPEN#agent#hash', value: 'second' })
    })

    test('of many who claim one key at once, one has it', async () => {
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, n) => requests.putOnce(once('SEEN#proof', `${n}`))),
      )
      expect(claims.filter(Boolean)).toHaveLength(1)
      expect(await requests.recall('SEEN#proof')).toBe(`${claims.indexOf(true)}`)
      expect(await requests.putOnce(once('SEEN#other', 'x'))).toBe(true)
    })

    describe('a key that may be taken over what has passed', () => {
      const take = (value: string, orAtMost: string, replaces?: string) =>
        requests.take({ ...once('RATE#agent', value, replaces), orAtMost })

      test('is taken where there is none, and over one that is not above it', async () => {
        expect(await take('5', '1')).toEqual({ done: true })
        expect(await take('7', '5')).toEqual({ done: true })
        expect(await requests.recall('RATE#agent')).toBe('7')
      })

      test('is taken over the value that was seen, and otherwise tells which is there', async () => {
        await take('5', '1')
        expect(await take('7', '4')).toEqual({ done: false, value: '5' })
        expect(await take('7', '4', '6')).toEqual({ done: false, value: '5' })
        expect(await take('7', '4', '5')).toEqual({ done: true })
      })

      test('is had by one of many at once', async () => {
        const takes = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`9${n}`, '1')))
        expect(takes.filter(({ done }) => done)).toHaveLength(1)
      })
    })

    test('of two submissions with one idempotency key at once, one is a request', async () => {
      const submissions = [1, 2].map((n) => {
        const each = sampleAsk({ id: requestId(n) })
        return requests.commit(submission(each, { once: [once('IDEM#agent#key', each.id)] }))
      })
      const outcomes = (await Promise.all(submissions)).map(({ outcome }) => outcome)
      expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1)
      const there = await Promise.all([1, 2].map((n) => requests.load(requestId(n))))
      expect(there.filter(Boolean)).toHaveLength(1)
    })

    test('fifty writers on one request make one line, without a fork, a gap or a lost entry', async () => {
      await requests.commit(submission(ask))
      const writer = async (n: number): Promise<void> => {
        for (;;) {
          const change = commitOf(ask, await load(ask.id), decision(ask, `stranger-${n}`, 'approve'), 5)
          if ((await requests.commit(change)).outcome === 'committed') return
        }
      }
      await Promise.all(Array.from({ length: 50 }, (_, n) => writer(n)))
      const stored = await load(ask.id)
      const entries = await ledger.entries(ask.id)
      expect(verify(ask.id, entries)).toEqual({ state: stored.state })
      const refused = entries.filter(({ type }) => type === 'Refused').map(({ actor }) => actor.id)
      expect(new Set(refused).size).toBe(50)
      expect(stored.head).toEqual({ sequence: entries.length, hash: entries.at(-1)?.hash })
    }, 60_000)

    test('an evaluation comes back as it was saved', async () => {
      const evaluation = {
        id: `evl_${'0'.repeat(26)}` as EvaluationId,
        agent: ask.agent.id,
        binding: ask.digest,
        at: submittedAt,
        expiresAt: submittedAt + 300,
      }
      expect(await requests.loadEvaluation(evaluation.id)).toBeUndefined()
      await requests.saveEvaluation(evaluation)
      expect(await requests.loadEvaluation(evaluation.id)).toEqual(evaluation)
    })

    describe('lists', () => {
      /** Five requests, a minute apart; the second is withdrawn, the third another agent's, the fourth another owner's. */
      const asks = [
        sampleAsk({ id: requestId(1) }),
        sampleAsk({ id: requestId(2) }),
        sampleAsk({
          id: requestId(3),
          agent: { id: otherAgent, issuer: 'https://agents.example', subject: 'planner' },
        }),
        sampleAsk({ id: requestId(4), owner: person('emma') }),
        sampleAsk({ id: requestId(5) }),
      ]
      const ids = (...numbers: number[]) => numbers.map((n) => requestId(n))
      const listed = async (filter: Parameters<RequestStore['list']>[0], limit = 10) =>
        (await requests.list(filter, { limit })).items.map(({ state }) => state.ask.id)
      beforeEach(async () => {
        for (const [n, each] of asks.entries()) await requests.commit(submission(each, { after: minutes(n) }))
        await requests.commit(commitOf(asks[1] as typeof ask, await load(requestId(2)), withdrawal(), minutes(6)))
      })

      test('are newest first', async () => expect(await listed({})).toEqual(ids(5, 4, 3, 2, 1)))
      test('are by status as it is now', async () => {
        expect(await listed({ status: 'withdrawn' })).toEqual(ids(2))
        expect(await listed({ status: 'pending' })).toEqual(ids(5, 4, 3, 1))
      })
      test('of what waits for people are by agent, the oldest first, and counted as far as anybody wants to know', async () => {
        const open = async (limit: number) =>
          (await requests.open(ask.agent.id, limit)).map(({ state }) => state.ask.id)
        expect(await open(10)).toEqual(ids(1, 4, 5))
        expect(await open(2)).toEqual(ids(1, 4))
        expect([await requests.countOpen(ask.agent.id, 10), await requests.countOpen(ask.agent.id, 2)]).toEqual([3, 2])
        expect([await requests.countOpen(otherAgent, 10), await requests.countOpen(person('nobody'), 10)]).toEqual([
          1, 0,
        ])
      })
      test('tell which actions an agent asked for since, and whether that is all', async () => {
        const since = (minute: number, most = 10) => requests.askedLately(ask.agent.id, submittedAt + minute * 60, most)
        const asked = (...which: number[]) => which.map((n) => ({ id: requestId(n), action: ask.action }))
        expect(await since(-1)).toEqual({ asked: asked(5, 4, 2, 1), isAll: true })
        // What was submitted at that very second is not after it.
        expect(await since(1)).toEqual({ asked: asked(5, 4), isAll: true })
        expect(await since(-1, 2)).toEqual({ asked: asked(5, 4), isAll: false })
        expect(await requests.askedLately(otherAgent, submittedAt, 10)).toEqual({ asked: asked(3), isAll: true })
        expect(await since(60)).toEqual({ asked: [], isAll: true })
      })
      test('find a step by the agent that runs it, which neither has it open nor asked for it', async () => {
        const step = stepAsk(samplePlan({ id: requestId(10) }), 1, submittedAt + minutes(90))
        const approved = { person: person('ana'), verdict: 'approve', as: 'owner', at: submittedAt } as const
        const inherits = [{ terms: sampleStage('owner'), decisions: [approved] }]
        await requests.commit(commitOf(step, undefined, submit(step, 1, { inherits }), minutes(7)))
        expect((await load(step.id)).state.status).toBe('pending')
        expect(await listed({ agent: ask.agent.id })).toEqual([step.id, ...ids(5, 4, 2, 1)])
        expect(await listed({ agent: ask.agent.id, owner: step.owner, task: step.parentTask.id }, 1)).toEqual([step.id])
        expect(await listed({ owner: ask.owner, search: 'putparameter' })).toContain(step.id)
        expect(await requests.countOpen(ask.agent.id, 10)).toBe(3)
        expect((await requests.open(ask.agent.id, 10)).map(({ state }) => state.ask.id)).toEqual(ids(1, 4, 5))
        expect((await requests.askedLately(ask.agent.id, submittedAt + minutes(3), 10)).asked).toEqual([
          { id: requestId(5), action: ask.action },
        ])
      })
      test('of some by their ids leave out what is not there', async () => {
        const found = await requests.loadMany([...ids(2, 5), requestId(99), ...ids(2)])
        expect(found.map(({ state }) => state.ask.id).toSorted()).toEqual(ids(2, 5))
        expect(await requests.loadMany([])).toEqual([])
      })
      test('are by agent', async () => expect(await listed({ agent: otherAgent })).toEqual(ids(3)))
      test('are by owner', async () => expect(await listed({ owner: person('emma') as PersonId })).toEqual(ids(4)))
      test('are by all of these together', async () => {
        const agent = ask.agent.id
        expect(await listed({ agent, owner: ask.owner, status: 'pending' })).toEqual(ids(5, 1))
        expect(await listed({ agent, status: 'denied' })).toEqual([])
      })
      test('are by parent task, resource and action, and by the time from which they were submitted', async () => {
        const { parentTask, resource, action } = ask
        expect(await listed({ task: parentTask.id, resource: resource.id, action })).toEqual(ids(5, 4, 3, 2, 1))
        for (const none of [{ task: 'INC-0' }, { resource: `${resource.id}-other` }, { action: 'no:Such' }])
          expect(await listed(none)).toEqual([])
        expect(await listed({ since: submittedAt + minutes(2) })).toEqual(ids(5, 4, 3))
        expect(await listed({ since: submittedAt + minutes(2), agent: ask.agent.id })).toEqual(ids(5, 4))
      })
      test('end where all that follows was submitted before the time that is asked about', async () => {
        const page = await requests.list({ since: submittedAt + minutes(3), task: 'INC-0' }, { limit: 1 })
        expect(page).toEqual({ items: [] })
      })
      test('go on page by page until nothing is left, each request once', async () => {
        const found: RequestId[] = []
        let next: string | undefined
        do {
          const page = await requests.list({ status: 'pending' }, { limit: 2, ...(next ? { after: next } : {}) })
          expect(page.items.length).toBeLessThanOrEqual(2)
          found.push(...page.items.map(({ state }) => state.ask.id))
          next = page.next
        } while (next !== undefined)
        expect(found).toEqual(ids(5, 4, 3, 1))
      })
      test.each([
        ['nothing', ''],
        ['a word', 'AAAA'],
        ['no text at all', '!'],
        ['far too much', 'x'.repeat(5000)],
      ])('after a place that nobody gave hold nothing: %s', async (_what, after) => {
        expect((await requests.list({}, { limit: 2, after })).items).toEqual([])
      })
      test('are by words of action, resource and task, in capitals or not, and by how an id begins', async () => {
        const { action, resource, parentTask } = ask
        for (const search of [
          action.toUpperCase(),
          resource.id.slice(2, 9),
          parentTask.id,
          requestId(3),
          requestId(3).slice(0, 30),
        ])
          expect(await listed({ search })).toContain(requestId(3))
        expect(await listed({ search: `${action} ${parentTask.id}` })).toEqual(ids(5, 4, 3, 2, 1))
        for (const search of ['no-such-word', `${action} no-such-word`, 'req_zzzz'])
          expect(await listed({ search })).toEqual([])
        expect(await listed({ search: requestId(3), agent: ask.agent.id })).toEqual([])
      })
      test('before a time leave out what was submitted then or later', async () => {
        const before = submittedAt + minutes(2)
        expect((await requests.list({ until: before }, { limit: 10 })).items.map(({ state }) => state.ask.id)).toEqual(
          ids(2, 1),
        )
      })
      test('hold what is read strongly: the state, and the end of its chain', async () => {
        const { items } = await requests.list({ status: 'withdrawn' }, { limit: 1 })
        expect(items).toEqual([await load(requestId(2))])
      })

      test('of the overdue are oldest first, and hold nothing that has ended', async () => {
        const deadline = submittedAt + minutes(30)
        expect(await requests.overdue(deadline, 10)).toEqual([])
        expect(await requests.overdue(deadline + 1, 10)).toEqual(ids(1))
        expect(await requests.overdue(deadline + minutes(10), 10)).toEqual(ids(1, 3, 4, 5))
        expect(await requests.overdue(deadline + minutes(10), 2)).toEqual(ids(1, 3))
      })
      test('of the overdue go by the deadline in force', async () => {
        const first = asks[0] as typeof ask
        const change = commitOf(first, await load(first.id), { type: 'wake', bundle }, minutes(31))
        await requests.commit(change)
        expect(await requests.overdue(submittedAt + minutes(31), 10)).toEqual([])
        expect(await requests.overdue(submittedAt + minutes(40) + 1, 1)).not.toContain(requestId(2))
      })
    })

    test('a call of which nothing was heard is overdue, also where its grant has ended, until it has an end', async () => {
      const mediated = sampleAsk({ credential: 'mediated' })
      await requests.commit(submission(mediated, { tier: 0 }))
      const tell = async (command: Parameters<typeof commitOf>[2], after: number) =>
        requests.commit(commitOf(mediated, await load(mediated.id), command, after))
      const token = credentialId(1)
      for (const command of [intent('access_token', token), issuance('access_token', token), callBegin(token, 1)])
        await tell(command, 10)
      await tell(revocation('rita'), 20)
      expect(await requests.overdue(submittedAt + 71, 10)).toEqual([])
      expect(await requests.overdue(submittedAt + 72, 10)).toEqual([mediated.id])
      await tell(callResolution(1), 100)
      expect(await requests.overdue(submittedAt + 86_400, 10)).toEqual([])
    })

    test('a grant with AWS credentials is found from its end on, until its calls were compared', async () => {
      await requests.commit(submission(ask, { tier: 0 }))
      const tell = async (command: Parameters<typeof commitOf>[2], after: number) =>
        requests.commit(commitOf(ask, await load(ask.id), command, after))
      const [token, aws] = [credentialId(1), credentialId(11)]
      const session = { role: 'target', endsAt: submittedAt + 900 }
      await tell(intent('access_token', token), 1)
      await tell(issuance('access_token', token), 1)
      await tell(intent('aws', aws, { presented: token, session }), 2)
      await tell(issuance('aws', aws, { use: useId(1) }), 3)
      const found = (after: number, newestFirst = false) =>
        requests.uncompared(submittedAt + after, { limit: 10, newestFirst })
      expect(await found(86_400)).toEqual([])
      await tell(revocation('rita'), 20)
      expect([await found(20), await found(21), await found(21, true)]).toEqual([[], [ask.id], [ask.id]])
      await tell(comparison(), 30)
      expect(await found(86_400)).toEqual([])
    })

    test('a chain that was never begun has no end', async () => {
      expect(await ledger.head('person:ana')).toEqual(noEntries)
    })
  },
)
