import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import { digested, passedOn, saidIn } from '../../../functions/domain/record/ask-terms.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { requestDigest } from '../../../functions/domain/record/request-digest.ts'
import { eraseTexts } from '../../../functions/operations/ledger/erase-texts.ts'
import { erasedText, showing } from '../../../functions/operations/ledger/texts.ts'
import { readLedger, viewRequest } from '../../../functions/operations/requests/read-requests.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, person, prodParameter, sampleBundle, stagingParameter, World } from '../../support/world.ts'

/** Evidence of an agent for the people who decide: where it is kept, what pins it, and its end. */

const bundle = sampleBundle()
const withHosts = (evidenceHosts: string[]): Bundle => ({
  ...bundle,
  deployment: { ...bundle.deployment, evidenceHosts },
})
const log = { title: 'errors since 02:51', text: 'Kofi restarted it\nand it failed again' }
const graph = { title: 'p99 of checkout', url: 'https://graphs.example.com/d/1' }
/** Evidence as a body brings it. */
const said = (...evidence: object[]) => saidIn({ context: { evidence } })

let world: World
beforeEach(() => {
  world = new World(withHosts(['graphs.example.com']))
})
const shownOf = async ({ ask }: ApprovalRequest) =>
  unwrap(await viewRequest({ id: ask.id, person: person('eve') }, showing(world.ports))).state

test('evidence lies beside the entry: state and entries have commitments, and people read the texts', async () => {
  const request = await world.submitted(prodParameter, said(log, graph))
  const kept = JSON.stringify([await world.stored(request.ask.id), await world.ledger.entries(request.ask.id)])
  for (const text of [log.title, 'Kofi', graph.title, graph.url]) expect(kept).not.toContain(text)
  expect((await shownOf(request)).ask.evidence).toMatchObject([log, graph])
  await world.expectReplay(request.ask.id)
  const read = await readLedger({ id: request.ask.id, person: person('eve'), after: 0 }, world.ports)
  expect(read.ok && read.value.personal[`${request.ask.id}/1`]).toMatchObject({
    '/facts/ask/evidence/0/title': { text: log.title },
    '/facts/ask/evidence/0/text': { text: log.text },
    '/facts/ask/evidence/1/url': { text: graph.url },
  })
})

test('evidence of 32 KiB adds less than 2 KiB to the state of a request', async () => {
  const size = async (id: ApprovalRequest['ask']['id']) => JSON.stringify(await world.stored(id)).length
  const without = await size((await world.submitted(prodParameter)).ask.id)
  const items = Array.from({ length: 5 }, (_, at) => ({ ...graph, text: `${at}${'x'.repeat(6_000)}` }))
  const whole = await size((await world.submitted(prodParameter, said(...items))).ask.id)
  expect(whole - without).toBeLessThan(2_048)
})

test("the request's digest covers each item, also where the record has commitments", async () => {
  const { ask } = await world.submitted(prodParameter, said(log, graph))
  const digests = ask.evidence?.map(({ digest }) => digest)
  expect(digested('request', ask)['evidence']).toEqual(digests)
  expect(digested('request', (await world.submitted(stagingParameter)).ask)).not.toHaveProperty('evidence')
  const stored = await world.stored(ask.id)
  expect(stored && requestDigest(stored.ask)).toBe(ask.digest)
  expect(requestDigest({ ...ask, evidence: ask.evidence?.slice(0, 1) })).not.toBe(ask.digest)
})

test('a narrowing keeps the evidence', async () => {
  const steps = [0, 1].map((n) => ({
    agent: agent('remediator'),
    ...stagingParameter,
    arguments: { ...stagingParameter.arguments, Value: `${n}` },
  }))
  const plan = {
    action: 'plan',
    arguments: { steps },
    resource: { type: 'plan', id: 'INC-1042' },
    agent: agent('planner'),
  }
  const request = await world.submitted(plan, { ...said(log), taskSource: 'argument' })
  await world.decide(request, 'ana', 'approve', { narrow: { steps: [{ step: 2, strike: true }] } })
  const narrowed = await shownOf(request)
  expect([narrowed.round, narrowed.ask.evidence]).toMatchObject([2, [log]])
  expect(narrowed.ask.digest).not.toBe(request.ask.digest)
})

test('an identical ask with other evidence is another request, and one with the same joins it', async () => {
  const first = await world.submitted(prodParameter, said(log))
  expect((await world.submitted(prodParameter, said(log))).ask.id).toBe(first.ask.id)
  expect((await world.submitted(prodParameter, said(graph))).ask.id).not.toBe(first.ask.id)
})

test('an evaluation without the evidence binds a submission that has it', async () => {
  const { id: evaluation } = await world.evaluate(prodParameter)
  expect(await world.submit(prodParameter, { ...said(log), evaluation })).toMatchObject({ ok: true })
})

test('no request that is derived from another inherits its evidence', async () => {
  const { ask } = await world.submitted(prodParameter, said(log))
  for (const heir of ['step', 'delegation', 'extension'] as const)
    expect(passedOn(heir, ask)).not.toHaveProperty('evidence')
})

test.each([
  ['of another host', 'https://graphs.example.org/d/1'],
  ['of a host below', 'https://a.graphs.example.com/'],
  ['of a host in upper case', 'https://GRAPHS.example.com/'],
  ['without TLS', 'http://graphs.example.com/'],
  ['of another scheme', 'javascript:alert(1)'],
  ['with a user', 'https://graphs.example.com@evil.example/'],
  ['with a port', 'https://graphs.example.com:443/'],
  ['with a fragment', 'https://graphs.example.com/#a'],
  ['with a direction mark', 'https://graphs.example.com/\u202egpj.exe'],
  ['of 513 characters', `https://graphs.example.com/${'a'.repeat(486)}`],
  ['that is empty', ''],
])('an address %s is refused with the member and the fix, and no request is made', async (_, url) => {
  const refused = await world.submit(prodParameter, said(log, { ...graph, url }))
  expect(refused).toMatchObject({
    ok: false,
    code: 'invalid_evidence',
    detail: expect.stringMatching(/`context\.evidence\.1\.url`.*`evidenceHosts`.*graphs\.example\.com.*leave it out/),
  })
  expect(world.ledger.texts.all()).toEqual([])
})

test('an address of 512 characters at a host of the deployment is taken', async () => {
  const url = `https://graphs.example.com/${'a'.repeat(485)}`
  expect(await world.submit(prodParameter, said({ ...graph, url }))).toMatchObject({ ok: true })
})

test('every address is refused where the deployment has no hosts', async () => {
  const refused = await new World(bundle).submit(prodParameter, said(graph))
  expect(refused).toMatchObject({ code: 'invalid_evidence', detail: expect.stringContaining('has none') })
})

test("an erasure of the owner's texts counts and removes evidence of what is over, and leaves its digests", async () => {
  const request = await world.submitted(prodParameter, said(log, graph))
  const erase = () =>
    eraseTexts({ of: request.ask.owner, by: person('gus') }, { ...world.ports, eraser: world.ledger.texts })
  expect(await erase()).toMatchObject({ value: { erased: 0, kept: 4 } })
  await world.decide(request, 'ana', 'deny')
  expect(await erase()).toMatchObject({ value: { erased: 4, kept: 0 } })
  const { ask } = await shownOf(request)
  const digests = request.ask.evidence?.map(({ digest }) => digest)
  expect(ask.evidence).toEqual([
    { title: erasedText, text: erasedText, digest: digests?.[0] },
    { title: erasedText, url: erasedText, digest: digests?.[1] },
  ])
})

test('evidence of a plan is shown with the plan, and its steps have none', async () => {
  const steps = [{ agent: agent('remediator'), ...stagingParameter }]
  const plan = {
    action: 'plan',
    arguments: { steps },
    resource: { type: 'plan', id: 'INC-1042' },
    agent: agent('planner'),
  }
  expect((await world.submitted(plan, said(log))).ask.evidence).toMatchObject([log])
})
