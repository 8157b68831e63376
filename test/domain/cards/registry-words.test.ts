import { previewLine } from '../../../functions/domain/cards/preview-words.ts'
import { describeRequest, type RequestView, shownDigest } from '../../../functions/domain/cards/request-view.ts'
import { askerRows, headlineOf, nowOf, saidRows, termsRow } from '../../../functions/domain/cards/request-words.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import type { Matched } from '../../../functions/domain/record/preview.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { registryStates } from '../../channels/slack/cards/registry-states.ts'
import { everyState } from '../../channels/slack/cards/states.ts'
import { sampleBundle } from '../../support/world.ts'

/** A change of the registry of agents, in the words of every channel. */

const bundle = sampleBundle()
let states: ReadonlyMap<string, ApprovalRequest>
beforeAll(async () => {
  states = registryStates(bundle, await everyState(bundle))
})
const view = (name: string): RequestView => describeRequest(states.get(name) as ApprovalRequest, bundle)
const preview = (name: string) => view(name).preview as Matched

test('a change has the entry before and after, member by member as agents.json spells it', () => {
  const { before, after } = preview('a change of the registry')
  expect(before).toEqual({ description: 'builds and releases the checkout service' })
  expect(after).toEqual({ description: 'builds "all" of it', recertifyEvery: 'P90D' })
})

test('a retirement shows the status alone, and says what ends', () => {
  expect(preview('a retirement')).toMatchObject({ before: { status: 'active' }, after: { status: 'retired' } })
  expect(textOf(previewLine(view('a retirement')))).toContain('It ends what the agent holds')
})

test('a change of no identity, owner or autonomy says nothing of an end', () => {
  expect(textOf(previewLine(view('a change of the registry')))).not.toContain('ends what')
})

test('a change names the person who asks, and neither a record nor a host', () => {
  expect(askerRows(view('a transfer'))).toMatchObject([
    { label: 'Asked by', text: 'Dan Diaz (person:dan)' },
    {
      label: 'May not decide it',
      text: 'Dan Diaz (person:dan), Ben Baker (person:ben): asks, or answers for the agent',
    },
  ])
  expect(view('a transfer').host).toBeUndefined()
  expect(saidRows(view('a transfer'))).toEqual([])
  expect(termsRow(view('a transfer')).text).toContain('No credential')
})

test('a transfer waits for its new owner, then for the people who decide', () => {
  expect(headlineOf(view('a transfer'))).toMatch(/^Waiting for Ben .*\(person:ben\) to accept it$/)
  expect(textOf(nowOf(view('a transfer')))).toContain('has to accept the agent first')
  expect(headlineOf(view('an accepted transfer'))).toContain('Waiting for owner')
  expect(textOf(nowOf(view('an accepted transfer')))).toMatch(/^Ben .* accepted the agent at/)
})

test('an acceptance leaves the digest of what people decide on as it was', () => {
  expect(shownDigest(view('an accepted transfer'))).toBe(shownDigest(view('a transfer')))
})

test('the end of a change says that Hotwork wrote it, or why nothing was changed', () => {
  expect(textOf(nowOf(view('a change that was written')))).toContain('Hotwork wrote it into the registry')
  const failed = textOf(nowOf(view('a change that was not written')))
  expect(failed).toMatch(/^Nothing was changed.*no longer the one that people decided on/)
})
