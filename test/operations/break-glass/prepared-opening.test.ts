import { SystemSecrets } from '../../../functions/adapters/system/system.ts'
import type { BreakGlassPolicy } from '../../../functions/domain/break-glass/break-glass.ts'
import { preparedFor, preparedKey } from '../../../functions/domain/break-glass/break-glass.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import type { ForeseenAsk } from '../../../functions/operations/break-glass/open-break-glass.ts'
import {
  findPrepared,
  openPrepared,
  prepareOpening,
} from '../../../functions/operations/break-glass/prepare-opening.ts'
import { mayOpen } from '../../../functions/operations/break-glass/what-to-open.ts'
import { issueToken } from '../../../functions/operations/credentials/tokens.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agentKey, parameter, person, sampleBundle } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

/** An opening is prepared at one door, and opened at another that verifies the person strongly. */

const bundle = sampleBundle()
const otherKey = 'b'.repeat(43) as Thumbprint
let night: Night
let codes = 0
beforeEach(() => {
  night = new Night(bundle)
})

const ports = () => ({
  ...night.ports,
  incidents: night.incidents,
  secrets: Object.assign(new SystemSecrets(), { secret: () => String(++codes).padStart(43, 'c') }),
})
const prepare = (who = 'jade', changes: Partial<ForeseenAsk> = {}) => {
  const { action, arguments: args } = parameter('/prod/checkout/payment-timeout-ms')
  return prepareOpening(
    {
      person: person(who),
      what: { action, arguments: args },
      reason: 'checkout refuses payments since the last deploy, putting the timeout back',
      incident: 'INC-2041',
      minutes: 30,
      drill: false,
      ...changes,
    },
    ports(),
  )
}
async function prepared(who = 'jade', changes: Partial<ForeseenAsk> = {}): Promise<string> {
  return unwrap(await prepare(who, changes)).code
}
const open = (code: string, who = 'jade', login: { acr?: string; at?: number } = strong()) => {
  const proven = { issuer: 'https://id.example.org', subject: `person-${who}` }
  return openPrepared({ code, person: person(who), proven, login }, ports())
}
const strong = () => ({ acr: 'strong', at: night.clock.now() })
async function opened(code: string): Promise<ApprovalRequest> {
  return unwrap(await open(code)).stored.state
}

test('preparing opens nothing, and says by how strong a login it can be opened, and until when', async () => {
  expect(await prepare()).toMatchObject({
    ok: true,
    value: { login: { acr: 'strong', maxAge: 900 }, until: night.clock.now() + preparedFor },
  })
  expect((await night.requests.list({ owner: person('jade') }, { limit: 9 })).items).toEqual([])
})

test.each<[rule: string, changes: Partial<ForeseenAsk>, code: string]>([
  ['a reason that says nothing', { reason: 'outage' }, 'bad_reason'],
  ['an incident that is none', { incident: 'soon' }, 'bad_incident'],
  ['more minutes than the profile has', { minutes: 61 }, 'window_too_long'],
  ['a profile that there is not', { what: { profile: 'everything' } }, 'unknown_profile'],
  ['arguments that are none', { what: { action: 'ssm:PutParameter', arguments: {} } }, 'invalid_arguments'],
])('%s is refused before a person is sent to log in, and that is on record', async (_, changes, code) => {
  expect(await prepare('jade', changes)).toMatchObject({ ok: false, code })
  expect((await night.ledger.entries('person:jade')).at(-1)).toMatchObject({
    type: 'Refused',
    facts: { attempted: 'open_break_glass', code },
  })
})

test('a person that policy does not let open it prepares nothing', async () => {
  expect(await prepare('ana')).toMatchObject({ ok: false, code: 'not_permitted' })
})

test('a refusal by the budgets is told at once: open already, and the pause after an end', async () => {
  const request = await night.opened()
  expect(await prepare()).toMatchObject({ ok: false, code: 'already_open' })
  await night.opened('kofi')
  await night.end(request)
  expect(await prepare()).toMatchObject({ ok: false, code: 'cool_down', detail: 'possible again in 15 minutes' })
})

test('a prepared opening opens as it was said, without a key, and the record replays to it', async () => {
  const request = await opened(await prepared())
  expect(request).toMatchObject({
    status: 'approved',
    ask: { agent: { id: 'person:jade' }, breakGlass: { incident: 'INC-2041', window: 30 * minute } },
  })
  expect(request.ask).not.toHaveProperty('jkt')
  await night.expectReplay(request.ask.id)
})

test('a code used twice gives one opening, and finds it', async () => {
  const code = await prepared()
  const [first, second] = [await opened(code), await opened(code)]
  expect(second.ask.id).toBe(first.ask.id)
  night.clock.advance(preparedFor)
  expect(await findPrepared(code, ports())).toMatchObject({ opened: { ask: { id: first.ask.id } } })
})

test('two concurrent uses of one code are one opening', async () => {
  const code = await prepared()
  const both = await Promise.all([open(code), open(code)])
  expect(new Set(both.map((each) => each.ok && each.value.stored.state.ask.id)).size).toBe(1)
})

test('another person of the rota opens nothing with the code', async () => {
  const code = await prepared()
  expect(await open(code, 'kofi')).toMatchObject({ ok: false, code: 'unknown_request' })
  expect((await night.ledger.entries('person:kofi')).at(-1)).toMatchObject({ type: 'Refused' })
})

test.each([
  ['weak', {}],
  ['of another strength', { acr: 'pwd', at: 1_800_000_000 }],
  ['old', { acr: 'strong', at: 1_800_000_000 - hour }],
])('a login that is not strong and fresh does not do: %s', async (_, login) => {
  expect(await open(await prepared(), 'jade', login)).toMatchObject({ ok: false, code: 'insufficient_login' })
})

test('a code expires after ten minutes', async () => {
  const code = await prepared()
  night.clock.advance(preparedFor)
  expect(await open(code)).toMatchObject({ ok: false, code: 'unknown_request' })
})

test('a row from before rows were sealed opens nothing, so the person prepares it again', async () => {
  const code = 'd'.repeat(43)
  const prepared = { person: person('jade'), what: { profile: 'checkout-recovery' }, minutes: 30, drill: false }
  const value = JSON.stringify({ ...prepared, reason: 'as it was put down', until: night.clock.now() + preparedFor })
  await night.requests.putOnce({ key: preparedKey(code), value, expiresAt: night.clock.now() + hour })
  expect(await findPrepared(code, ports())).toBeUndefined()
  expect(await open(code)).toMatchObject({ ok: false, code: 'unknown_request' })
})

test('an opening in between stands against the prepared one', async () => {
  const code = await prepared()
  await night.opened()
  expect(await open(code)).toMatchObject({ ok: false, code: 'already_open' })
})

test('the incident is asked for where incidents are kept, which a form in Slack does not', async () => {
  const code = await prepared()
  night.incidents = { look: async () => ({ answer: 'unknown' }) }
  expect(await open(code)).toMatchObject({ ok: false, code: 'bad_incident' })
})

test('the table has neither the code nor a text of the person, so no erasure need reach it', async () => {
  const code = await prepared()
  expect(preparedKey(code)).not.toContain(code)
  const kept = (await night.requests.recall(preparedKey(code))) ?? ''
  const decoded = Buffer.from(kept, 'base64url').toString('latin1')
  for (const text of [code, 'checkout', 'INC-2041', 'person:jade'])
    expect([kept.includes(text), decoded.includes(text)]).toEqual([false, false])
  expect((await findPrepared(code, ports()))?.prepared).toMatchObject({ incident: 'INC-2041' })
})

const issue = (request: ApprovalRequest, login: { acr?: string; at?: number }, jkt = agentKey) =>
  issueToken(
    { id: request.ask.id, agent: person('jade'), clientId: 'jade', jkt, login, targets: [], once: [night.proof()] },
    { ...night.ports, signer: night.signer, issuer: night.issuer },
  )

test('the first key that a login as strong as the opening’s brings is bound, and no other from then on', async () => {
  const request = await opened(await prepared())
  expect(await issue(request, strong())).toMatchObject({ ok: true })
  expect(await issue(request, strong(), otherKey)).toMatchObject({ ok: false, code: 'key_mismatch' })
  expect(await night.story(request.ask.id)).toEqual(expect.arrayContaining(['KeyBound', 'CredentialIssued']))
})

test.each([
  ['weak', {}],
  ['old', { acr: 'strong', at: 1_800_000_000 - hour }],
])('a login that could have opened nothing binds no key: %s', async (_, login) => {
  const request = await opened(await prepared())
  expect(await issue(request, login, otherKey)).toMatchObject({ ok: false, code: 'insufficient_login' })
  expect(await issue(request, strong())).toMatchObject({ ok: true })
})

test('a bound opening asks for no stronger login again, as one with a key', async () => {
  const request = await opened(await prepared())
  await issue(request, strong())
  night.clock.advance(20 * minute)
  expect(await issue(request, {})).toMatchObject({ ok: true })
})

test('a form offers the profiles that policy lets this person open', () => {
  expect(mayOpen(person('jade'), night.ports)?.profiles.map(({ name }) => name)).toEqual(['checkout-recovery'])
})

test('a form offers nothing that policy would refuse once it is filled in', () => {
  expect(mayOpen(person('ana'), night.ports)).toMatchObject({ profiles: [], actions: [] })
})

test('a form offers all profiles where policy may depend on an incident that is not known yet', () => {
  const { incidentExample: _, ...breakGlass } = bundle.breakGlass as BreakGlassPolicy
  const unknown = new Night({ ...bundle, breakGlass })
  expect(mayOpen(person('ana'), unknown.ports)?.profiles.map(({ name }) => name)).toEqual(['checkout-recovery'])
})

test('a form offers nothing where no policy says what could be opened', () => {
  const { breakGlass: _, ...without } = bundle
  expect(mayOpen(person('jade'), new Night(without).ports)).toBeUndefined()
})
