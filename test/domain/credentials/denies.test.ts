import { type Deny, denyOfHalt, everyoneBefore, stillNeeded } from '../../../functions/domain/credentials/denies.ts'
import { remediator, submittedAt } from '../../support/ask.ts'

/** The denied sessions of a role, and the end of their denial. */

const now = submittedAt
const role = 'arn:aws:iam::000000000000:role/hotwork/Hotwork-target'
const lasts = 3605
const ofAgent = (at: number): Deny => denyOfHalt({ target: { kind: 'agent', value: remediator }, at }, role) as Deny

test('a halt denies the sessions that began before it or during it, until the longest has ended', () => {
  const times = { issuedBefore: now + 5, until: now + lasts }
  expect(ofAgent(now)).toEqual({ tag: 'hotwork:agent', value: remediator, ...times })
  expect(denyOfHalt({ target: { kind: 'all', value: 'all' }, at: now }, role)).toEqual({
    tag: '*',
    value: '*',
    ...times,
  })
})

test('a halt of a role denies that role, and no other', () => {
  const target = { kind: 'role', value: role } as const
  expect(denyOfHalt({ target, at: now }, role)).toEqual(everyoneBefore(now))
  expect(denyOfHalt({ target, at: now }, `${role}-2`)).toBeUndefined()
})

test('a deny is needed until its sessions have ended, and no longer', () => {
  expect(stillNeeded([ofAgent(now)], now + lasts - 1)).toEqual([ofAgent(now)])
  expect(stillNeeded([ofAgent(now)], now + lasts)).toEqual([])
})

test('the latest deny of all replaces earlier ones with a time, and neither a later nor a permanent one', () => {
  const forGood: Deny = { tag: 'hotwork:request', value: 'req_1', until: now + 900 }
  const [earlier, same, later] = [ofAgent(now - 60), ofAgent(now), ofAgent(now + 60)]
  const denies = [forGood, earlier, same, later, everyoneBefore(now - 60), everyoneBefore(now)]
  expect(stillNeeded(denies, now + 61)).toEqual([forGood, later, everyoneBefore(now)])
})
