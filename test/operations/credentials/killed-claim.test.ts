import { decodeJwt } from 'jose'
import { verify } from '../../../functions/domain/ledger/ledger.ts'
import { grantOf } from '../../../functions/domain/requests/request.ts'
import type { CredentialId, RequestId } from '../../../functions/domain/values.ts'
import { sampleBundle, World } from '../../support/world.ts'

/**
 * Whoever makes a credential may die at any place. Then one of its kind is live, or none; and none was ever made that
 * had no record before it.
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

/** A world whose next claim dies at one place, and that has noted each credential that was made, and its record then. */
function dyingAt(gap: Gap, world: World) {
  const made: { credential: string; intended: boolean }[] = []
  const [commit, sign, assume] = [
    world.requests.commit.bind(world.requests),
    world.signer.sign.bind(world.signer),
    world.broker.assume.bind(world.broker),
  ]
  let commits = 0
  let alive = false
  const dies = (at: Gap) => {
    if (alive || at !== gap) return
    alive = true
    throw new Killed(at)
  }
  const note = async (credential: string, request: string) => {
    const entries = await world.ledger.entries(request)
    const intended = entries.some(
      ({ type, facts }) => type === 'CredentialIntended' && facts['credential'] === credential,
    )
    made.push({ credential, intended })
  }
  world.requests.commit = async (change) => {
    commits += 1
    if (commits === 1) dies('before the intent is recorded')
    const done = await commit(change)
    if (commits === 2) dies('between the record and the answer')
    return done
  }
  world.signer.sign = async (typ, claims) => {
    dies('between the intent and the making')
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

const recorded = async (world: World, id: RequestId) =>
  verify(id, await world.ledger.entries(id)).state ?? 'the record does not replay'

test.each(gaps)('an access token whose maker is killed %s: the next claim gives the one live token', async (gap) => {
  const world = new World(bundle)
  const request = await world.approved()
  const made = dyingAt(gap, world)
  await expect(world.issueToken(request)).rejects.toThrow(Killed)
  const after = await world.state(request.ask.id)
  expect(after).toMatchObject({ status: 'approved' })
  // Nobody has it. What is live, if anything, is the one that is on the record.
  expect(grantOf(after)?.credentials.access_token !== undefined).toBe(gap === 'between the record and the answer')

  const again = await world.issueToken(request)
  if (!again.ok) throw new Error(again.code)
  const state = await world.state(request.ask.id)
  const credential = decodeJwt(again.value.token).jti
  expect(grantOf(state)?.credentials.access_token).toMatchObject({ id: credential })
  expect(made.at(-1)?.credential).toBe(credential)
  expect(made.map(({ intended }) => intended)).toEqual(made.map(() => true))
  expect(await recorded(world, request.ask.id)).toEqual(state)
  // One that was made before and that nobody got opens nothing.
  for (const { credential: lost } of made.slice(0, -1))
    expect(await world.issueAws(request, lost as CredentialId)).toMatchObject({ code: 'credential_superseded' })
})

test.each(gaps)('AWS credentials whose maker is killed %s: the next claim gives the one live session', async (gap) => {
  const world = new World(bundle)
  const request = await world.approved()
  const token = await world.issueToken(request)
  if (!token.ok) throw new Error(token.code)
  const presented = decodeJwt(token.value.token).jti as CredentialId
  const made = dyingAt(gap, world)
  await expect(world.issueAws(request, presented)).rejects.toThrow(Killed)
  const again = await world.issueAws(request, presented)
  if (!again.ok) throw new Error(again.code)

  const state = await world.state(request.ask.id)
  const credential = world.broker.session(again.value.accessKeyId)?.tags['hotwork:credential']
  expect(grantOf(state)?.credentials.aws).toMatchObject({ id: credential })
  expect(made.map(({ intended }) => intended)).toEqual(made.map(() => true))
  // Each session that may exist is remembered, so that all but the live one are denied; and it all is one use.
  const remembered = grantOf(state)?.sessions.map((session) => session.credential)
  for (const each of made) expect(remembered).toContain(each.credential)
  expect(grantOf(state)?.uses).toHaveLength(1)
  expect(await recorded(world, request.ask.id)).toEqual(state)
})
