import { verify } from '../../../functions/domain/ledger/ledger.ts'
import type { EvaluationId, PersonId, RequestId } from '../../../functions/domain/values.ts'
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
import { samplePlan, stepAsk } from '../../support/plan.ts'
import { commitOf, submission } from './commits.ts'
import { onBothStores } from './stores.ts'

const once = (key: string, value: string, replaces?: string): OnceOnly => ({
  key,
  value,
  ...(replaces === undefined ? {} : { replaces }),
  expiresAt: submittedAt + 86_400,
})

onBothStores('the request store', (stores) => {
  const ask = sampleAsk()
  const load = async (id: RequestId) => (await stores.requests.load(id)) as Stored

  test('a request that was never committed is missing', async () => {
    expect(await stores.requests.load(ask.id)).toBeUndefined()
    expect(await stores.ledger.entries(ask.id)).toEqual([])
  })

  test('a committed state comes back with the end of its chain, and its entries replay to it', async () => {
    const change = submission(ask)
    expect(await stores.requests.commit(change)).toEqual({ outcome: 'committed' })
    expect(await stores.requests.load(ask.id)).toEqual({ state: change.state, head: change.head })
    expect(verify(ask.id, await stores.ledger.entries(ask.id))).toEqual({ state: change.state })
  })

  test('arguments keep every character, number and depth', async () => {
    const strange = {
      ключ: ['\u0000', '👩‍🚒', { '': null, deep: [[[1.5e-7, -3, 9007199254740991]]] }],
      a: 'x'.repeat(9000),
    }
    const other = sampleAsk({ arguments: strange })
    await stores.requests.commit(submission(other))
    expect((await load(other.id)).state.ask.arguments).toEqual(strange)
  })

  test('a second first commit of a request is stale', async () => {
    await stores.requests.commit(submission(ask))
    expect(await stores.requests.commit(submission(ask))).toEqual({ outcome: 'stale' })
  })

  test('a change of an outdated state is stale, and nothing of it is written', async () => {
    await stores.requests.commit(submission(ask))
    const read = await load(ask.id)
    await stores.requests.commit(commitOf(ask, read, withdrawal(), 10))
    const before = await load(ask.id)
    const late = commitOf(ask, read, decision(ask, 'ana', 'approve'), 11, [once('SEEN#late', ask.id)])
    expect(await stores.requests.commit(late)).toEqual({ outcome: 'stale' })
    expect(await load(ask.id)).toEqual(before)
    expect(await stores.requests.recall('SEEN#late')).toBeUndefined()
    expect(verify(ask.id, await stores.ledger.entries(ask.id))).toEqual({ state: before.state })
  })

  test('a change from an unknown head is stale', async () => {
    const change = commitOf(ask, { ...submission(ask), head: { sequence: 4, hash: 'sha-256:other' } }, withdrawal(), 10)
    expect(await stores.requests.commit(change)).toEqual({ outcome: 'stale' })
  })

  test('a change from a fork of the same length is stale', async () => {
    await stores.requests.commit(submission(ask))
    const read = await load(ask.id)
    const forked = { ...read, head: { ...read.head, hash: 'sha-256:other' } }
    expect(await stores.requests.commit(commitOf(ask, forked, withdrawal(), 10))).toEqual({ outcome: 'stale' })
    expect(await load(ask.id)).toEqual(read)
  })

  test('a taken key tells its value, and nothing else is written', async () => {
    await stores.requests.commit(submission(ask, { once: [once('IDEM#1', 'first')] }))
    const other = sampleAsk({ id: requestId(2) })
    const again = submission(other, { once: [once('SEEN#2', other.id), once('IDEM#1', 'second')] })
    expect(await stores.requests.commit(again)).toEqual({ outcome: 'taken', key: 'IDEM#1', value: 'first' })
    expect(await stores.requests.load(other.id)).toBeUndefined()
    expect(await stores.ledger.entries(other.id)).toEqual([])
    expect([await stores.requests.recall('IDEM#1'), await stores.requests.recall('SEEN#2')]).toEqual([
      'first',
      undefined,
    ])
  })

  test('a taken key is told before a stale state, because it is final', async () => {
    await stores.requests.commit(submission(ask, { once: [once('SEEN#click', ask.id)] }))
    const again = submission(ask, { once: [once('SEEN#click', ask.id)] })
    expect(await stores.requests.commit(again)).toEqual({ outcome: 'taken', key: 'SEEN#click', value: ask.id })
  })

  test('a key may be replaced only by a caller that names its present value', async () => {
    await stores.requests.commit(submission(ask, { once: [once('OPEN#agent#hash', 'first')] }))
    const [second, third] = [sampleAsk({ id: requestId(2) }), sampleAsk({ id: requestId(3) })]
    const replacing = submission(second, { once: [once('OPEN#agent#hash', 'second', 'first')] })
    expect(await stores.requests.commit(replacing)).toEqual({ outcome: 'committed' })
    const late = submission(third, { once: [once('OPEN#agent#hash', 'third', 'first')] })
    expect(await stores.requests.commit(late)).toEqual({ outcome: 'taken', key: 'OPEN#agent#hash', value: 'second' })
  })

  test('one of many concurrent claims of a key wins', async () => {
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, n) => stores.requests.putOnce(once('SEEN#proof', `${n}`))),
    )
    expect(claims.filter(Boolean)).toHaveLength(1)
    expect(await stores.requests.recall('SEEN#proof')).toBe(`${claims.indexOf(true)}`)
    expect(await stores.requests.putOnce(once('SEEN#other', 'x'))).toBe(true)
  })

  const take = (value: string, orAtMost: string, replaces?: string) =>
    stores.requests.take({ ...once('RATE#agent', value, replaces), orAtMost })

  test('a key with a limit is taken if it is missing or not above the limit', async () => {
    expect(await take('5', '1')).toEqual({ done: true })
    expect(await take('7', '5')).toEqual({ done: true })
    expect(await stores.requests.recall('RATE#agent')).toBe('7')
  })

  test('a key with a limit is taken over the value that was seen, and otherwise tells its value', async () => {
    await take('5', '1')
    expect(await take('7', '4')).toEqual({ done: false, value: '5' })
    expect(await take('7', '4', '6')).toEqual({ done: false, value: '5' })
    expect(await take('7', '4', '5')).toEqual({ done: true })
  })

  test('one of many concurrent takers gets a key with a limit', async () => {
    const takes = await Promise.all(Array.from({ length: 20 }, (_, n) => take(`9${n}`, '1')))
    expect(takes.filter(({ done }) => done)).toHaveLength(1)
  })

  test('one of two concurrent submissions with one idempotency key is committed', async () => {
    const submissions = [1, 2].map((n) => {
      const each = sampleAsk({ id: requestId(n) })
      return stores.requests.commit(submission(each, { once: [once('IDEM#agent#key', each.id)] }))
    })
    const outcomes = (await Promise.all(submissions)).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'committed')).toHaveLength(1)
    const there = await Promise.all([1, 2].map((n) => stores.requests.load(requestId(n))))
    expect(there.filter(Boolean)).toHaveLength(1)
  })

  test('fifty writers on one request make one line, without a fork, a gap or a lost entry', async () => {
    await stores.requests.commit(submission(ask))
    const writer = async (n: number): Promise<void> => {
      for (;;) {
        const change = commitOf(ask, await load(ask.id), decision(ask, `stranger-${n}`, 'approve'), 5)
        if ((await stores.requests.commit(change)).outcome === 'committed') return
      }
    }
    await Promise.all(Array.from({ length: 50 }, (_, n) => writer(n)))
    const stored = await load(ask.id)
    const entries = await stores.ledger.entries(ask.id)
    expect(verify(ask.id, entries)).toEqual({ state: stored.state })
    const refused = entries.filter(({ type }) => type === 'Refused').map(({ actor }) => actor.id)
    expect(new Set(refused).size).toBe(50)
    expect(stored.head).toEqual({ sequence: entries.length, hash: entries.at(-1)?.hash })
  })

  test('a saved evaluation comes back unchanged', async () => {
    const evaluation = {
      id: `evl_${'0'.repeat(26)}` as EvaluationId,
      agent: ask.agent.id,
      binding: ask.digest,
      at: submittedAt,
      expiresAt: submittedAt + 300,
    }
    expect(await stores.requests.loadEvaluation(evaluation.id)).toBeUndefined()
    await stores.requests.saveEvaluation(evaluation)
    expect(await stores.requests.loadEvaluation(evaluation.id)).toEqual(evaluation)
  })

  describe('lists', () => {
    /** Five requests, a minute apart; the second is withdrawn, the third another agent's, the fourth another owner's. */
    const asks = [
      sampleAsk({ id: requestId(1) }),
      sampleAsk({ id: requestId(2) }),
      sampleAsk({ id: requestId(3), agent: { id: otherAgent, issuer: 'https://agents.example', subject: 'planner' } }),
      sampleAsk({ id: requestId(4), owner: person('emma') }),
      sampleAsk({ id: requestId(5) }),
    ]
    const ids = (...numbers: number[]) => numbers.map((n) => requestId(n))
    const listed = async (filter: Parameters<RequestStore['list']>[0], limit = 10) =>
      (await stores.requests.list(filter, { limit })).items.map(({ state }) => state.ask.id)
    beforeEach(async () => {
      for (const [n, each] of asks.entries()) await stores.requests.commit(submission(each, { after: minutes(n) }))
      await stores.requests.commit(commitOf(asks[1] as typeof ask, await load(requestId(2)), withdrawal(), minutes(6)))
    })

    test('a list is newest first', async () => expect(await listed({})).toEqual(ids(5, 4, 3, 2, 1)))
    test('a list can be by the present status', async () => {
      expect(await listed({ status: 'withdrawn' })).toEqual(ids(2))
      expect(await listed({ status: 'pending' })).toEqual(ids(5, 4, 3, 1))
    })
    test('the ids of pending requests are listed newest first, up to a limit', async () => {
      expect(await stores.requests.pendingIds(10)).toEqual(ids(5, 4, 3, 1))
      expect(await stores.requests.pendingIds(2)).toEqual(ids(5, 4))
    })
    test('pending requests of an agent are listed oldest first, and counted up to a limit', async () => {
      const open = async (limit: number) =>
        (await stores.requests.open(ask.agent.id, limit)).map(({ state }) => state.ask.id)
      expect(await open(10)).toEqual(ids(1, 4, 5))
      expect(await open(2)).toEqual(ids(1, 4))
      expect([
        await stores.requests.countOpen(ask.agent.id, 10),
        await stores.requests.countOpen(ask.agent.id, 2),
      ]).toEqual([3, 2])
      expect([
        await stores.requests.countOpen(otherAgent, 10),
        await stores.requests.countOpen(person('stranger'), 10),
      ]).toEqual([1, 0])
    })
    test('the actions that an agent asked for since a time are listed, with whether that is all', async () => {
      const since = (minute: number, most = 10) =>
        stores.requests.askedLately(ask.agent.id, submittedAt + minute * 60, most)
      const asked = (...which: number[]) =>
        which.map((n) => ({
          ...{ id: requestId(n), action: ask.action, at: submittedAt + minutes(n - 1) },
          status: n === 2 ? 'withdrawn' : 'pending',
        }))
      expect(await since(-1)).toEqual({ asked: asked(5, 4, 2, 1), isAll: true })
      // A submission at that very second is not after it.
      expect(await since(1)).toEqual({ asked: asked(5, 4), isAll: true })
      expect(await since(-1, 2)).toEqual({ asked: asked(5, 4), isAll: false })
      expect(await stores.requests.askedLately(otherAgent, submittedAt, 10)).toEqual({ asked: asked(3), isAll: true })
      expect(await since(60)).toEqual({ asked: [], isAll: true })
    })
    test('a step is listed under the agent that runs it, but is neither open nor asked for by it', async () => {
      const step = stepAsk(samplePlan({ id: requestId(10) }), 1, submittedAt + minutes(90))
      const approved = { person: person('ana'), verdict: 'approve', as: 'owner', at: submittedAt } as const
      const inherits = [{ terms: sampleStage('owner'), decisions: [approved] }]
      await stores.requests.commit(commitOf(step, undefined, submit(step, 1, { inherits }), minutes(7)))
      expect((await load(step.id)).state.status).toBe('pending')
      expect(await listed({ agent: ask.agent.id })).toEqual([step.id, ...ids(5, 4, 2, 1)])
      expect(await listed({ agent: ask.agent.id, owner: step.owner, task: step.parentTask.id }, 1)).toEqual([step.id])
      expect(await listed({ owner: ask.owner, search: 'putparameter' })).toContain(step.id)
      expect(await stores.requests.countOpen(ask.agent.id, 10)).toBe(3)
      expect((await stores.requests.open(ask.agent.id, 10)).map(({ state }) => state.ask.id)).toEqual(ids(1, 4, 5))
      expect((await stores.requests.askedLately(ask.agent.id, submittedAt + minutes(3), 10)).asked).toEqual([
        { id: requestId(5), action: ask.action, status: 'pending', at: submittedAt + minutes(4) },
      ])
    })
    test('requests are found by their ids, without the missing ones', async () => {
      const found = await stores.requests.loadMany([...ids(2, 5), requestId(99), ...ids(2)])
      expect(found.map(({ state }) => state.ask.id).toSorted()).toEqual(ids(2, 5))
      expect(await stores.requests.loadMany([])).toEqual([])
    })
    test('a list can be by agent', async () => expect(await listed({ agent: otherAgent })).toEqual(ids(3)))
    test('a list can be by owner', async () =>
      expect(await listed({ owner: person('emma') as PersonId })).toEqual(ids(4)))
    test('a list can be by agent, owner and status together', async () => {
      const agent = ask.agent.id
      expect(await listed({ agent, owner: ask.owner, status: 'pending' })).toEqual(ids(5, 1))
      expect(await listed({ agent, status: 'denied' })).toEqual([])
    })
    test('a list can be by parent task, resource and action, and from a time on', async () => {
      const { parentTask, resource, action } = ask
      expect(await listed({ task: parentTask.id, resource: resource.id, action })).toEqual(ids(5, 4, 3, 2, 1))
      for (const none of [{ task: 'INC-0' }, { resource: `${resource.id}-other` }, { action: 'no:Such' }])
        expect(await listed(none)).toEqual([])
      expect(await listed({ since: submittedAt + minutes(2) })).toEqual(ids(5, 4, 3))
      expect(await listed({ since: submittedAt + minutes(2), agent: ask.agent.id })).toEqual(ids(5, 4))
    })
    test('a list ends once all earlier requests are before the wanted time', async () => {
      const page = await stores.requests.list({ since: submittedAt + minutes(3), task: 'INC-0' }, { limit: 1 })
      expect(page).toEqual({ items: [] })
    })
    test('pages of a list go on to the end, each request once', async () => {
      const found: RequestId[] = []
      let next: string | undefined
      do {
        const page = await stores.requests.list({ status: 'pending' }, { limit: 2, ...(next ? { after: next } : {}) })
        expect(page.items.length).toBeLessThanOrEqual(2)
        found.push(...page.items.map(({ state }) => state.ask.id))
        next = page.next
      } while (next !== undefined)
      expect(found).toEqual(ids(5, 4, 3, 1))
    })
    test.each([
      ['an empty place', ''],
      ['a place that is a word', 'AAAA'],
      ['a place that is no base64', '!'],
      ['an oversized place', 'x'.repeat(5000)],
    ])('a list after %s is empty', async (_what, after) => {
      expect((await stores.requests.list({}, { limit: 2, after })).items).toEqual([])
    })
    test('a list can be by words of action, resource and task in any case, and by the start of an id', async () => {
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
    test('a list before a time leaves out submissions at that time or later', async () => {
      const before = submittedAt + minutes(2)
      expect(
        (await stores.requests.list({ until: before }, { limit: 10 })).items.map(({ state }) => state.ask.id),
      ).toEqual(ids(2, 1))
    })
    test('a list has strongly read states, with the ends of their chains', async () => {
      const { items } = await stores.requests.list({ status: 'withdrawn' }, { limit: 1 })
      expect(items).toEqual([await load(requestId(2))])
    })

    test('overdue requests are listed oldest first, without ended ones', async () => {
      const deadline = submittedAt + minutes(30)
      expect(await stores.requests.overdue(deadline, 10)).toEqual([])
      expect(await stores.requests.overdue(deadline + 1, 10)).toEqual(ids(1))
      expect(await stores.requests.overdue(deadline + minutes(10), 10)).toEqual(ids(1, 3, 4, 5))
      expect(await stores.requests.overdue(deadline + minutes(10), 2)).toEqual(ids(1, 3))
    })
    test('overdue requests are listed by the deadline in force', async () => {
      const first = asks[0] as typeof ask
      await stores.requests.commit(commitOf(first, await load(first.id), { type: 'wake', bundle }, minutes(31)))
      expect(await stores.requests.overdue(submittedAt + minutes(31), 10)).toEqual([])
      expect(await stores.requests.overdue(submittedAt + minutes(40) + 1, 1)).not.toContain(requestId(2))
    })
  })

  test('an unanswered call is overdue until it has an end, even if its grant has ended', async () => {
    const mediated = sampleAsk({ credential: 'mediated' })
    await stores.requests.commit(submission(mediated, { tier: 0 }))
    const tell = async (command: Parameters<typeof commitOf>[2], after: number) =>
      stores.requests.commit(commitOf(mediated, await load(mediated.id), command, after))
    const token = credentialId(1)
    for (const command of [intent('access_token', token), issuance('access_token', token), callBegin(token, 1)])
      await tell(command, 10)
    await tell(revocation('rita'), 20)
    expect(await stores.requests.overdue(submittedAt + 71, 10)).toEqual([])
    expect(await stores.requests.overdue(submittedAt + 72, 10)).toEqual([mediated.id])
    await tell(callResolution(1), 100)
    expect(await stores.requests.overdue(submittedAt + 86_400, 10)).toEqual([])
  })

  test('a grant with AWS credentials is found from its end on, until its calls were compared', async () => {
    await stores.requests.commit(submission(ask, { tier: 0 }))
    const tell = async (command: Parameters<typeof commitOf>[2], after: number) =>
      stores.requests.commit(commitOf(ask, await load(ask.id), command, after))
    const [token, aws] = [credentialId(1), credentialId(11)]
    const session = { role: 'target', endsAt: submittedAt + 900 }
    await tell(intent('access_token', token), 1)
    await tell(issuance('access_token', token), 1)
    await tell(intent('aws', aws, { presented: token, session }), 2)
    await tell(issuance('aws', aws, { use: useId(1) }), 3)
    const found = (after: number, newestFirst = false) =>
      stores.requests.uncompared(submittedAt + after, { limit: 10, newestFirst })
    expect(await found(86_400)).toEqual([])
    await tell(revocation('rita'), 20)
    expect([await found(20), await found(21), await found(21, true)]).toEqual([[], [ask.id], [ask.id]])
    await tell(comparison(), 30)
    expect(await found(86_400)).toEqual([])
  })
})
