import { leavingOwner } from '../../../functions/domain/agents/leaving-owner.ts'
import { leavingWords } from '../../../functions/domain/cards/leaving-words.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { agentOf, type Bundle } from '../../../functions/domain/policy/bundle.ts'
import { withAgent, withPerson } from '../../support/bundles.ts'
import { agent, person, sampleBundle, start } from '../../support/world.ts'

const remediator = agent('remediator')
const [dan, ana] = [person('dan'), person('ana')]
const day = 86_400

const leavingIn = (
  ofAgent: object,
  ofDan: object,
  ofAna: object = {},
  folder: Pick<Bundle, 'agents'> = sampleBundle(),
) => {
  const bundle = withPerson(dan, ofDan, withPerson(ana, ofAna, withAgent(remediator, ofAgent)))
  return leavingOwner(agentOf(bundle, remediator) as Agent, bundle, folder, start)
}

test.each<[owner: string, changes: object, leaving: object | undefined]>([
  ['stays', {}, undefined],
  ['has a date of recertification', { recertifyBy: start + day }, undefined],
  ['leaves in 31 days', { leavesOn: start + 31 * day }, undefined],
  ['leaves in 30 days', { leavesOn: start + 30 * day }, { on: start + 30 * day }],
  ['leaves at this moment', { leavesOn: start }, {}],
  ['is inactive', { status: 'inactive', leavesOn: start + day }, {}],
])('an owner who %s', (_, changes, leaving) => {
  expect(leavingIn({}, changes)).toEqual(leaving && { owner: dan, entry: 'folder', ...leaving })
})

test('an owner who is missing in the directory has left', () => {
  expect(leavingIn({ owner: person('zoe') }, {})).toEqual({ owner: 'person:zoe', entry: 'folder' })
})

test('the backup owner answers for the agent if they stay', () => {
  const gone = { status: 'inactive' }
  expect(leavingIn({ backupOwner: ana }, gone)).toMatchObject({ answers: ana })
  expect(leavingIn({ backupOwner: ana }, gone, { leavesOn: start + day })).not.toHaveProperty('answers')
  expect(leavingIn({ backupOwner: ana }, gone, gone)).not.toHaveProperty('answers')
})

test('a retired agent has no leaving owner', () => {
  expect(leavingIn({ status: 'retired' }, { status: 'inactive' })).toBeUndefined()
})

test('the next step is a transfer, or for an agent of the folder a deployment', () => {
  const said = (folder: Pick<Bundle, 'agents'>) => {
    const leaving = leavingIn({}, { status: 'inactive' }, {}, folder)
    return leaving && textOf(leavingWords(remediator, leaving))
  }
  expect(said({ agents: [] })).toContain(`hotwork registry transfer ${remediator} --to PERSON`)
  expect(said(sampleBundle())).toContain('Name another owner in agents.json')
})
