import { makeUpDeployment } from '../../../functions/adapters/policy-folder/made-up-deployment.ts'
import { describeRequest } from '../../../functions/domain/cards/request-view.ts'
import { textOf } from '../../../functions/domain/cards/sentence.ts'
import { describeTimeline } from '../../../functions/domain/cards/timeline.ts'
import { chainEntries, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import { findResource } from '../../../functions/domain/policy/assess.ts'
import { settingsOf } from '../../../functions/domain/policy/bundle.ts'
import { hasGap, unpinnedOf } from '../../../functions/domain/policy/catalogue.ts'
import { uncomparedSince } from '../../../functions/domain/record/ended.ts'
import { callOf, usesLeft } from '../../../functions/domain/record/request.ts'
import { wordsOf } from '../../../functions/targets/kinds.ts'
import { type Desk, live, type Step } from '../../domain/story.ts'
import { Copy } from '../../policies/sample.ts'
import {
  callBegin,
  callEnd,
  completion,
  credentialId,
  intent,
  issuance,
  sampleAsk,
  submittedAt,
  useId,
} from '../../support/ask.ts'
import './reaching.ts'
import { bundleOfShop, compileShop, entryOf } from './shop.ts'

const address = 'https://toys.example.org'
const bundle = bundleOfShop(address)
const [open, refill] = [bundle.actions['toys:Open'], bundle.actions['toys:Refill']]
const args = { shelf: 'bears' }

test('a shop is in the bundle, and its entries name it', () => {
  expect(bundle.deployment.targets).toEqual({ shop: { kind: 'toy', address } })
  expect(open).toMatchObject({ tool: 'toy', target: 'shop', credential: 'key', toy: { shelf: '{arguments.shelf}' } })
})

test("a folder without a deployment gets an alias of the toy's kind", () => {
  using copy = new Copy()
  copy.add('policies/actions/toys.open.json', JSON.stringify(entryOf('toys:Open', 'key')))
  const { targets, accounts } = makeUpDeployment(copy.at('policies')).value
  expect([targets, Object.keys(accounts ?? {})]).toEqual([
    { shop: { kind: 'toy', address: 'https://toys.invalid' } },
    expect.not.arrayContaining(['shop']),
  ])
})

test("a shop's alias fills the name of a resource", () => {
  const found = findResource(bundle, { action: 'toys:Open', arguments: args })
  expect(found.ok && found.value.resource).toEqual({ type: 'toy:shelf', id: `${address}/bears` })
})

test("a shop's keys leave open its listed arguments, and its calls nothing", () => {
  const at = open && settingsOf(bundle, open)
  expect(open && unpinnedOf(open, args, at)).toEqual([
    'any `shelf` may be given, not only the approved one',
    'a toy key opens its shelf as often as wanted until it ends',
  ])
  expect(refill && unpinnedOf(refill, args, at)).toEqual([])
  expect(refill && hasGap(refill)).toBe(true)
})

test.each([
  ['a missing part', { toy: undefined }, '`toy` is missing'],
  ['a credential of another kind', { credential: 'sts' }, '`sts` is for AWS'],
  ['an unfilled place', { title: 'At {cellar}' }, 'nothing fills `{cellar}`'],
  ['another tool', { tool: 'aws' }, '`shop` is of the kind `toy`, and `tool` says `aws`'],
])('an entry of a shop with %s is an error', (_what, changed, message) => {
  const entry = { ...entryOf('toys:Open', 'key'), ...changed }
  const compiled = compileShop(address, (copy) => copy.add('policies/actions/toys.open.json', JSON.stringify(entry)))
  expect(compiled.ok ? [] : compiled.problems.map((each) => each.message)).toContain(message)
})

const [token, key, second] = [credentialId(1), credentialId(2), credentialId(3)] as const
const session = { role: 'toy:shop', endsAt: submittedAt + 900 }
const asked = (action: string, credential: 'key' | 'mediated') => sampleAsk({ action, credential, arguments: args })
const claimed: Step[] = [
  [1, intent('access_token', token), 'approved'],
  [1, issuance('access_token', token), 'approved'],
]
const said = ({ state, events }: Desk) => {
  const { entries } = chainEntries(state.ask.id, noEntries, events, undefined)
  return describeTimeline(describeRequest(state, bundle), { entries }, bundle).items.map((each) => textOf(each.said))
}

test('a key is claimed with the access token, the first begins the one use, and the next replaces it', () => {
  const desk = live(
    0,
    asked('toys:Open', 'key'),
    ...claimed,
    [2, intent('toy', key, { presented: second, session }), '!credential_superseded'],
    [2, intent('aws', key, { presented: token, session }), '!wrong_credential_kind'],
    [2, intent('toy', key, { presented: token, session }), 'approved'],
    [3, issuance('toy', key, { use: useId(1) }), 'approved'],
    [4, intent('toy', second, { presented: token, session }), 'approved'],
    [5, issuance('toy', second), 'approved'],
  )
  expect(desk.last('UseBegun')).toMatchObject({ tool: 'toy', key: 'toy' })
  expect(desk.last('CredentialIssued')).toMatchObject({ claim: 'toy', replaces: key })
  expect(usesLeft(desk.state)).toBe(0)
  expect(said(desk)).toEqual(expect.arrayContaining(['toy keys were issued, until ', 'The toy keys count as one use']))
})

test("a shop's call is made once, without a record to compare", () => {
  const begin = callBegin(token, 1, { target: 'toy' })
  const desk = live(
    0,
    asked('toys:Refill', 'mediated'),
    ...claimed,
    [2, begin, 'approved'],
    [3, begin, '!outcome_unknown'],
    [4, callEnd(1), 'approved'],
    [5, begin, '!uses_exhausted'],
    [6, completion(), 'completed'],
  )
  expect(callOf(desk.state)).toMatchObject({ tool: 'toy', key: 'call' })
  expect(said(desk)).toContain('Hotwork made the approved call to Toy: succeeded')
  expect(uncomparedSince(desk.state)).toBeUndefined()
})

test("the shop's credentials have words for a plan of policies", () => {
  expect([wordsOf('key'), wordsOf('mediated')]).toEqual(['toy keys', 'one call that Hotwork makes itself'])
})
