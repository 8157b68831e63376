import { type SealedUse, sealedPersonOf } from '../../../functions/domain/break-glass/sealed-role.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { Thumbprint } from '../../../functions/domain/values.ts'
import { listBreakGlass } from '../../../functions/operations/break-glass/openings.ts'
import { reportSealedUse } from '../../../functions/operations/break-glass/report-sealed-use.ts'
import { endHalted } from '../../../functions/operations/halts/find-halt.ts'
import { declareHalt } from '../../../functions/operations/halts/halt.ts'
import { readTrail } from '../../../functions/operations/ledger/read-trail.ts'
import { wake } from '../../../functions/operations/record/carry-out.ts'
import { revokeRequest } from '../../../functions/operations/requests/end-request.ts'
import { sealedUseOf } from '../../../functions/targets/aws/cloudtrail/session-record.ts'
import { sealedRoleOf } from '../../support/break-glass/sealed-role.ts'
import { MemoryHaltStore } from '../../support/ledger/memory-halt-store.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agentKey, person, sampleBundle, start } from '../../support/world.ts'
import { hour, minute, Night } from './night.ts'

const user = 'arn:aws:iam::000000000000:user/jade'

/** The sample organisation, where jade may use the sealed role of its account. */
const sample = sampleBundle()
const target = sample.deployment.accounts['target']
if (!target) throw new Error('the sample has no such account')
const role = sealedRoleOf('Hotwork', target)
const bundle: Bundle = {
  ...sample,
  deployment: {
    ...sample.deployment,
    accounts: { target: { ...target, sealed: { people: { [person('jade')]: user } } } },
  },
}

class Sealed extends Night {
  readonly #halts = new MemoryHaltStore(this.requests, this.ledger)

  use(changes: Partial<SealedUse> = {}): SealedUse {
    return { eventId: 'e1', user, role, at: this.clock.now(), seconds: hour, ...changes }
  }
  report = (changes: Partial<SealedUse> = {}) => reportSealedUse(this.use(changes), this.ports)
  async reported(changes: Partial<SealedUse> = {}): Promise<ApprovalRequest> {
    return unwrap(await this.report(changes)).stored.state
  }
  async halt(who: string, by = 'gus'): Promise<void> {
    const ports = { ...this.ports, halts: this.#halts, targetRoles: [] }
    const declared = unwrap(
      await declareHalt(
        { person: person(by), target: { kind: 'person', value: person(who) }, reason: 'stolen' },
        ports,
      ),
    )
    await endHalted(declared.id, ports)
  }
}

let night: Sealed
beforeEach(() => {
  night = new Sealed(bundle)
})

test('a use is on record as break-glass until its session ends, with a review due a day after Hotwork heard', async () => {
  night.clock.advance(20 * minute)
  const { ask, status, review, ...rest } = await night.reported({ at: start })
  expect(ask.id).toMatch(/^bgl_/)
  expect([ask.agent.id, ask.owner, ask.resource.id]).toEqual(['person:jade', 'person:jade', role])
  expect([status, ask.breakGlass?.sealed]).toEqual(['approved', true])
  expect('grant' in rest && rest.grant?.notAfter).toBe(start + hour)
  expect(review).toEqual({ dueAt: start + 20 * minute + 24 * hour })
  expect(await night.story(ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue'])
  await night.expectReplay(ask.id)
  expect(night.log.lines).toContainEqual(expect.objectContaining({ message: 'sealed_role_used' }))
})

test('a use that is told twice, even at once, is one, and two uses are two', async () => {
  const [one, twin] = await Promise.all([night.reported(), night.reported()])
  expect(twin.ask.id).toBe(one.ask.id)
  expect((await night.reported()).ask.id).toBe(one.ask.id)
  expect((await night.reported({ eventId: 'e2' })).ask.id).not.toBe(one.ask.id)
  expect((await listBreakGlass(person('gus'), night.ports))?.length).toBe(2)
})

test('a use that Hotwork hears of after its end has ended, and is to be reviewed all the same', async () => {
  night.clock.advance(5 * hour)
  const { ask } = await night.reported({ at: start })
  expect(await night.state(ask.id)).toMatchObject({ status: 'expired', review: { dueAt: start + 29 * hour } })
  expect(await night.story(ask.id)).toEqual(['BreakGlassOpened', 'ReviewDue', 'Expired'])
})

test('a use is read from what EventBridge hands on of CloudTrail, and no other event is taken for one', async () => {
  const told = {
    version: '0',
    id: 'b9a3',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.sts',
    account: '000000000000',
    region: 'us-east-1',
    detail: {
      eventVersion: '1.11',
      userIdentity: { type: 'IAMUser', arn: user, accountId: '000000000000', userName: 'jade' },
      eventTime: '2027-01-15T07:58:00Z',
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      awsRegion: 'us-east-1',
      requestParameters: { roleArn: role, roleSessionName: 'jade', durationSeconds: 900, externalId: 'sealed' },
      responseElements: { credentials: { accessKeyId: 'ASIA', expiration: 'Jan 15, 2027, 8:13:00 AM' } },
      eventID: '3f0a5d1e-0000-4000-8000-000000000001',
    },
  }
  const use = sealedUseOf(told)
  expect(use).toEqual({ eventId: told.detail.eventID, user, role, at: start - 120, seconds: 900 })
  expect(await night.reported(use)).toMatchObject({ status: 'approved', grant: { notAfter: start + 780 } })
  const { durationSeconds: _, ...unsaid } = told.detail.requestParameters
  expect(sealedUseOf({ ...told, detail: { ...told.detail, requestParameters: unsaid } }).seconds).toBe(hour)
  for (const detail of [{ eventName: 'GetCallerIdentity' }, { errorCode: 'AccessDenied' }, { eventID: '' }])
    expect(() => sealedUseOf({ ...told, detail: { ...told.detail, ...detail } })).toThrow()
  expect(() => sealedUseOf({ ...told, source: 'mine' })).toThrow()
})

test.each([
  ['a user that the deployment does not name', { user: 'arn:aws:iam::000000000000:user/eve' }],
  ['a role of an account that has none', { role: role.replace('000000000000', '111111111111') }],
])('a use by %s belongs to no known person, and a person has to look', async (_who, changes) => {
  expect(await night.report(changes)).toEqual({ ok: false, code: 'unknown_target' })
  expect(sealedPersonOf(bundle, night.use(changes))).toBeUndefined()
})

test('a use gives no credential through Hotwork, with any key', async () => {
  const request = await night.reported()
  for (const jkt of [agentKey, 'b'.repeat(43) as Thumbprint])
    expect(await night.issueToken(request, { jkt, login: { acr: 'strong', at: night.clock.now() } })).toMatchObject({
      ok: false,
      code: 'not_permitted',
    })
})

test('an end of a use is refused, since Hotwork cannot end its session, and the answer says so', async () => {
  const request = await night.reported()
  const { ask } = request
  expect(await night.end(request)).toMatchObject({ ok: false, code: 'not_permitted' })
  expect(await revokeRequest({ id: ask.id, person: person('gus'), reason: 'no' }, night.ports)).toMatchObject({
    ok: false,
    code: 'not_permitted',
  })
  await night.halt('jade')
  expect((await night.state(ask.id))?.status).toBe('approved')
  night.clock.advance(hour)
  await wake(ask.id, night.ports)
  expect((await night.state(ask.id))?.status).toBe('expired')
})

test('a use of the sealed role stops a second one beside it and soon after, as an opening does', async () => {
  await night.reported()
  expect(await night.open()).toMatchObject({ ok: false, code: 'already_open' })
  night.clock.advance(hour)
  expect(await night.open()).toMatchObject({ ok: false, code: 'cool_down' })
  expect(await night.open('kofi')).toMatchObject({ ok: true })
  night.clock.advance(hour)
  expect(await night.open()).toMatchObject({ ok: true })
})

test('an overdue review makes the next opening need a second person, until it is done', async () => {
  const used = await night.reported()
  night.clock.advance(25 * hour)
  expect(await night.open()).toMatchObject({ ok: false, code: 'review_overdue' })
  expect(await night.review(used, 'gus')).toMatchObject({ ok: true })
  expect(await night.open()).toMatchObject({ ok: true })
})

test('another person reviews a use, once it has ended', async () => {
  const used = await night.reported()
  expect(await night.review(used, 'gus')).toMatchObject({ ok: false, code: 'no_review_due' })
  night.clock.advance(hour)
  expect(await night.review(used, 'jade')).toMatchObject({ ok: false, code: 'self_review' })
  expect(await night.review(used, 'lena')).toMatchObject({ ok: false, code: 'not_permitted' })
  expect(await night.review(used, 'gus')).toMatchObject({ ok: true })
  expect(await night.review(used, 'eve')).toMatchObject({ ok: false, code: 'already_reviewed' })
})

test('the reviewer sees what was called in the session, where AWS has that on record', async () => {
  const { ask } = await night.reported()
  const call = { service: 'ssm', name: 'PutParameter', account: '000000000000', region: 'us-east-1', resources: [] }
  night.callRecord.put('jade', { ...call, id: 'c1', at: start + 60 })
  night.callRecord.put('jade', { ...call, id: 'c2', at: start - 60 })
  night.callRecord.put('gus', { ...call, id: 'c3', at: start + 60 })
  const { calls } = await readTrail({ ask }, { ...night.ports, actual: night.actual })
  expect(calls).toMatchObject({ issued: true, more: false, unread: [] })
  expect(calls?.calls).toMatchObject([{ id: 'c1', action: 'ssm:PutParameter', verdict: 'approved' }])
  expect(night.callRecord.asked).toMatchObject([{ name: 'jade', role }])
})

test('a use counts against her minutes of seven days', async () => {
  for (let use = 0; use < 4; use++) {
    await night.reported({ eventId: `e${use}` })
    night.clock.advance(2 * hour)
  }
  expect(await night.open()).toMatchObject({ ok: false, code: 'budget_spent' })
})
