import { decodeJwt } from 'jose'
import { type ApprovalRequest, callOf, grantOf } from '../../functions/domain/record/request.ts'
import type { CredentialId } from '../../functions/domain/values.ts'
import { endCredentials } from '../../functions/operations/credentials/end-credentials.ts'
import { issueCredential } from '../../functions/operations/credentials/issue-credential.ts'
import { placeOf } from '../../functions/operations/credentials/place.ts'
import type { AccessToken } from '../../functions/operations/credentials/ports.ts'
import { revokeRequest } from '../../functions/operations/requests/end-request.ts'
import { makeCall, resolveCall } from '../../functions/operations/uses/make-call.ts'
import type { CallMaker, Ender, Found, Issuer } from '../../functions/targets/reach.ts'
import { MemoryHaltStore } from '../support/ledger/memory-halt-store.ts'
import { agentKey, issuer, person, type What, type World } from '../support/world.ts'

/** The fate of the next call: the target refuses it, it is not sent, the state has changed, its answer or the call itself is lost. */
export type Fate = 'refused' | 'not_sent' | 'outdated' | 'answer_lost' | 'call_lost'

/** A kind of target over its double, with an action for each credential, which the world's people approve. */
export type Trial<Issued> = {
  world: World
  reach: Issuer<Issued> & CallMaker & Ender
  own: What
  mediated: What
  next(fate: Fate): void
  /** The number of calls that took effect. */
  done(): number
  /** Makes the look-up of calls fail, or work again. */
  setReadable(readable: boolean): void
  works(issued: Issued): boolean
  /** The target no longer knows the credential. */
  forget(issued: Issued): void
  /** A read at a place that does not answer. */
  failingRead(): Promise<Found>
}

/** Longer than a call may be in progress. Seconds. */
const over = 67

/** Hotwork's promises for every kind of target. */
export function keepsPromises<Issued>(kind: string, make: () => Promise<Trial<Issued>>): void {
  async function claimed(credential: 'own' | 'mediated') {
    const trial = await make()
    const { world, reach } = trial
    const { ask } = await approvedOf(world, trial[credential])
    const issued = await world.issueToken(await world.state(ask.id))
    if (!issued.ok) throw new Error(`${issued.code}: ${issued.detail}`)
    const token: AccessToken = {
      ...{ jti: decodeJwt(issued.value.token).jti as CredentialId, request: ask.id, agent: ask.agent.id },
      ...{ audience: `${issuer}/${kind}`, jkt: agentKey, expiresAt: world.clock.now() + 900 },
    }
    const ports = { ...world.ports, targetRole: world.targetRole, reach }
    const place = placeOf(ask, ports)
    if (place === undefined) throw new Error('the deployment has no such target')
    const ending = { ...world.ports, halts: new MemoryHaltStore(world.requests, world.ledger), reach }
    return {
      ...trial,
      call: () => makeCall(token, world.proof(), ports),
      resolve: () => resolveCall(ask.id, ports),
      issue: () => issueCredential(token, world.proof(), ports),
      revoke: () => revokeRequest({ id: ask.id, person: person('gus'), reason: 'seen enough' }, world.ports),
      end: () => endCredentials(place, [ask.id], ending),
      use: async () => callOf(await world.stored(ask.id)),
      uses: async () => grantOf(await world.stored(ask.id))?.uses ?? [],
    }
  }

  describe(`a call at ${kind}`, () => {
    test('a call is made at most once, even if it is asked for several times', async () => {
      const { call, done } = await claimed('mediated')
      const all = await Promise.all([call(), call(), call()])
      expect([all.filter(({ ok }) => ok).length, done()]).toEqual([1, 1])
      expect(await call()).toMatchObject({ ok: false, code: 'uses_exhausted' })
      expect(done()).toBe(1)
    })

    test('a call whose answer was lost is looked up, and is not made again', async () => {
      const { call, next, done, use } = await claimed('mediated')
      next('answer_lost')
      expect(await call()).toMatchObject({ ok: true })
      expect([done(), (await use())?.ended?.outcome]).toEqual([1, 'succeeded'])
    })

    test('a lost call has failed once a reading finds nothing, and is not made again', async () => {
      const { world, call, next, done, use, resolve } = await claimed('mediated')
      next('call_lost')
      expect(await call()).toMatchObject({ code: 'outcome_unknown' })
      world.clock.advance(over)
      expect(await resolve()).toEqual({ found: 'not_done' })
      expect([done(), (await use())?.ended?.outcome]).toEqual([0, 'failed'])
      expect(await call()).toMatchObject({ ok: false })
      expect(done()).toBe(0)
    })

    test('a call that the target refuses has failed', async () => {
      const { call, next, done, use } = await claimed('mediated')
      next('refused')
      expect(await call()).toMatchObject({ code: 'call_failed' })
      expect([done(), (await use())?.ended?.outcome]).toEqual([0, 'failed'])
    })

    test.each(['not_sent', 'outdated'] as const)(
      'a call that was %s returns its use, and may be asked for again',
      async (fate) => {
        const { call, next, done, uses } = await claimed('mediated')
        next(fate)
        expect(await call()).toMatchObject({
          code: 'call_not_sent',
          ...(fate === 'outdated' && { detail: 'CallOutdated' }),
        })
        expect([done(), await uses()]).toEqual([0, []])
        expect(await call()).toMatchObject({ ok: true })
        expect(done()).toBe(1)
      },
    )

    test('a call that cannot be looked up is unknown until it can', async () => {
      const { world, call, next, setReadable, use, resolve } = await claimed('mediated')
      next('answer_lost')
      setReadable(false)
      expect(await call()).toMatchObject({ code: 'outcome_unknown' })
      world.clock.advance(over)
      expect([await resolve(), (await use())?.ended]).toEqual([{ found: 'unread' }, undefined])
      setReadable(true)
      expect(await resolve()).toMatchObject({ found: 'done' })
      expect((await use())?.ended?.outcome).toBe('succeeded')
    })
  })

  describe(`a credential of ${kind}`, () => {
    async function issued() {
      const one = await claimed('own')
      const made = await one.issue()
      if (!made.ok) throw new Error(`${made.code}: ${made.detail}`)
      return { ...one, credential: made.value }
    }

    test('a credential works until its grant ends, or another replaces it', async () => {
      const { works, credential, issue, end } = await issued()
      expect(works(credential)).toBe(true)
      const second = await issue()
      await end()
      expect([works(credential), second.ok && works(second.value)]).toEqual([false, true])
    })

    test('a credential ends with its request, even if it is ended twice', async () => {
      const { works, credential, revoke, end } = await issued()
      await revoke()
      await end()
      expect(works(credential)).toBe(false)
      await end()
      expect(works(credential)).toBe(false)
    })

    test('a credential that the target has lost counts as ended', async () => {
      const { works, credential, forget, revoke, end } = await issued()
      forget(credential)
      await revoke()
      await end()
      expect(works(credential)).toBe(false)
    })
  })

  test(`a failing read at ${kind} is reported, and throws nothing`, async () => {
    const { failingRead } = await make()
    expect(await failingRead()).toMatchObject({ found: 'failed', why: 'unavailable' })
  })
}

async function approvedOf(world: World, what: What): Promise<ApprovalRequest> {
  const request = await world.submitted(what)
  return request.status === 'approved' ? request : world.approved(what)
}
