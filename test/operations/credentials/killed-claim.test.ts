import { decodeJwt } from 'jose'
import { grantOf } from '../../../functions/domain/record/request.ts'
import type { CredentialId } from '../../../functions/domain/values.ts'
import { StoreUnavailable } from '../../../functions/operations/faults.ts'
import { unwrap } from '../../support/unwrap.ts'
import { sampleBundle, World } from '../../support/world.ts'

/**
 * The process that makes a credential may die at any place. Then one credential of its kind is live, or none. A token
 * is signed before its entries are committed and answered after; an AWS session works once STS has made it, so its
 * intent is on record before.
 */

const bundle = sampleBundle()
class Killed extends Error {}

const gaps = [
  'before the intent is recorded',
  'between the intent and the making',
  'between the making and the record',
  'between the record and the answer',
] as const
type Gap = (typeof gaps)[number]
const gapsOfTokens = ['before the making', ...gaps.slice(2)] as const

/** A world whose next claim dies at one place, and which notes each session made, with its record at that time. */
function dyingAt(gap: Gap | 'before the making', world: World) {
  const made: { credential: string; intended: boolean }[] = []
  const [commit, sign, assume] = [
    world.requests.commit.bind(world.requests),
    world.signer.sign.bind(world.signer),
    world.broker.assume.bind(world.broker),
  ]
  let alive = false
  const dies = (at: typeof gap) => {
    if (alive || at !== gap) return
    alive = true
    throw new Killed(at)
  }
  const note = async (credential: string, request: string) => {
    const intended = (await world.ledger.entries(request)).some(
      ({ type, facts }) => type === 'CredentialIntended' && facts['credential'] === credential,
    )
    made.push({ credential, intended })
  }
  world.requests.commit = async (change) => {
    if (change.entries.some(({ type }) => type === 'CredentialIntended')) dies('before the intent is recorded')
    const done = await commit(change)
    if (change.entries.some(({ type }) => type === 'CredentialIssued')) dies('between the record and the answer')
    return done
  }
  world.signer.sign = async (typ, claims) => {
    dies('before the making')
    const token = await sign(typ, claims)
    await note(String(claims['jti']), String(claims['txn']))
    dies('between the making and the record')
    return token
  }
  world.broker.assume = async (ask) => {
    dies('between the intent and the making')
    const credentials = await assume(ask)
    await note(String(ask.tags['hotwork:credential']), ask.sessionName)
    dies('between the making and the record')
    return credentials
  }
  return made
}

test.each(gapsOfTokens)(
  'an access token whose maker is killed %s: the next claim gives the one live token',
  async (gap) => {
    const world = new World(bundle)
    const request = await world.approved()
    const made = dyingAt(gap, world)
    await expect(world.issueToken(request)).rejects.toThrow(Killed)
    const after = await world.state(request.ask.id)
    expect(after).toMatchObject({ status: 'approved' })
    // No caller has it. A live credential can only be the one on the record.
    expect(grantOf(after)?.credentials.access_token !== undefined).toBe(gap === 'between the record and the answer')
    const credential = await world.claim(request)
    const state = await world.state(request.ask.id)
    expect(grantOf(state)?.credentials.access_token).toMatchObject({ id: credential })
    expect(made.at(-1)?.credential).toBe(credential)
    const types = (await world.ledger.entries(request.ask.id)).map(({ type, facts }) => [type, facts['credential']])
    expect(types.slice(-2)).toEqual([
      ['CredentialIntended', credential],
      ['CredentialIssued', credential],
    ])
    await world.expectReplay(request.ask.id)
    // Each earlier, unanswered credential opens nothing.
    for (const { credential: lost } of made.slice(0, -1))
      expect(await world.issueAws(request, lost as CredentialId)).toMatchObject({ code: 'credential_superseded' })
  },
)

test.each(gaps)('AWS credentials whose maker is killed %s: the next claim gives the one live session', async (gap) => {
  const world = new World(bundle)
  const request = await world.approved()
  const presented = await world.claim(request)
  const made = dyingAt(gap, world)
  await expect(world.issueAws(request, presented)).rejects.toThrow(Killed)
  const again = unwrap(await world.issueAws(request, presented))

  const state = await world.state(request.ask.id)
  const credential = world.broker.session(again.accessKeyId)?.tags['hotwork:credential']
  expect(grantOf(state)?.credentials.aws).toMatchObject({ id: credential })
  expect(made.map(({ intended }) => intended)).toEqual(made.map(() => true))
  // Each session that may exist is remembered, so that all but the live one are denied; and it all is one use.
  const remembered = grantOf(state)?.sessions.map((session) => session.credential)
  for (const each of made) expect(remembered).toContain(each.credential)
  expect(grantOf(state)?.uses).toHaveLength(1)
  await world.expectReplay(request.ask.id)
})

test.each([
  ['loses to another writer', 'stale'],
  ['is not answered', 'unheard'],
] as const)('a signature whose commit %s is dropped: no token is answered that has no entry', async (_how, fault) => {
  const world = new World(bundle)
  const request = await world.approved()
  const signed: string[] = []
  const [sign, commit] = [world.signer.sign.bind(world.signer), world.requests.commit.bind(world.requests)]
  world.signer.sign = async (typ, claims) => {
    signed.push(String(claims['jti']))
    return sign(typ, claims)
  }
  let lost = false
  world.requests.commit = async (change) => {
    if (lost || !change.entries.some(({ type }) => type === 'CredentialIssued')) return commit(change)
    lost = true
    if (fault === 'stale') return { outcome: 'stale' }
    throw new StoreUnavailable('the store did not hear of it')
  }
  const issued = world.issueToken(request)
  if (fault === 'unheard') await expect(issued).rejects.toThrow(StoreUnavailable)
  else expect(await issued).toMatchObject({ ok: true })
  const entries = await world.ledger.entries(request.ask.id)
  const onRecord = entries.filter(({ type }) => type === 'CredentialIssued').map(({ facts }) => facts['credential'])
  const answered = fault === 'unheard' ? [] : [decodeJwt(unwrap(await issued).token).jti]
  expect(onRecord).toEqual(answered)
  expect(signed).toHaveLength(fault === 'unheard' ? 1 : 2)
})
