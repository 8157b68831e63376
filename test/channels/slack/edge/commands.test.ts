import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import { RightMissing, StoreUnavailable } from '../../../../functions/operations/faults.ts'
import { chatOf } from '../../../support/chats.ts'
import { prodParameter, sampleBundle, stagingParameter, World } from '../../../support/world.ts'
import { secret, sign, teamId } from './clicks.ts'
import { DeskWorld } from './desk-world.ts'

const bundle = sampleBundle()
let desk: DeskWorld
let world: World
let request: ApprovalRequest
beforeEach(async () => {
  world = new World(bundle)
  desk = new DeskWorld(world)
  await desk.open()
  request = await world.submitted(prodParameter)
})
afterEach(() => desk.close())
const now = () => world.state(request.ask.id)

test('/hotwork alone, and `help`, list the commands', async () => {
  for (const text of ['', '  ', 'help', 'HELP'])
    expect(await desk.type('U0BEN', text)).toMatch(/\/hotwork list[\s\S]*show <id>[\s\S]*revoke <id> <reason>/)
})

test('/hotwork with an unknown word says so with the word, inert, and lists the commands', async () => {
  const said = await desk.type('U0BEN', 'approve\u202e req_1')
  expect(said).toMatch(/Unknown command “approve\[U\+202E\]”/)
  expect(said).toContain('/hotwork list')
})

test('/hotwork list has the waiting requests with ids, privately', async () => {
  expect(await desk.type('U0BEN', 'list')).toMatch(
    new RegExp(`Waiting for you: 1\\D*${request.ask.id}(.|\\n)*30 min left`),
  )
  expect(await desk.type('U0LENA', 'list')).not.toContain(request.ask.id)
})

test('/hotwork show has the whole card, without a button', async () => {
  const said = await desk.type('U0BEN', `show ${request.ask.id}`)
  for (const part of ['Waiting for owner', 'Overwrite = true', request.ask.digest.slice(0, 24)])
    expect(said).toContain(part)
  const { ephemerals } = await desk.control('ephemerals?user=U0BEN')
  expect(JSON.stringify(ephemerals.at(-1).blocks)).not.toContain('"button"')
})

test('/hotwork show takes an id out of a code span, in capitals, or cut short', async () => {
  const { id } = request.ask
  for (const given of [`\`${id}\``, id.toUpperCase(), id.slice(0, -2), id.slice('req_'.length)])
    expect(await desk.type('U0BEN', `show ${given}`)).toContain('Waiting for owner')
})

test('/hotwork show without an id asks for one, and reports an unknown or ambiguous id', async () => {
  expect(await desk.type('U0BEN', 'show')).toMatch(/Write the id of the request[\s\S]*show <id>/)
  expect(await desk.type('U0BEN', `show req_${'z'.repeat(26)}`)).toMatch(/There is no such request/)
  await world.submitted(stagingParameter)
  expect(await desk.type('U0BEN', `show ${request.ask.id.slice(0, -2)}`)).toMatch(/More than one/)
})

test("/hotwork show tells a person without the right nothing of an id's existence", async () => {
  const { policy } = world
  const mayNot = (question: Parameters<typeof policy.ask>[0]) =>
    question.kind === 'person' && question.action === 'read'
  const ask: typeof policy.ask = (question) => ({ ...policy.ask(question), ...(mayNot(question) && { permit: false }) })
  world.policy = { bundle, ask }
  const { id } = request.ask
  const ids = [id, id.slice(0, -2), `req_${'z'.repeat(26)}`, 'req_zzzz']
  const said: string[] = []
  for (const given of ids) said.push(await desk.type('U0BEN', `show ${given}`))
  expect(new Set(said)).toEqual(new Set([expect.stringContaining('Policy does not let you')]))
})

test('/hotwork revoke ends a pending or live request, and says how it ended', async () => {
  const live = await world.submitted(stagingParameter)
  expect(await desk.type('U0GUS', `revoke ${live.ask.id} the incident is over`)).toMatch(/Revoked[\s\S]*Gus Garcia/)
  expect(await world.state(live.ask.id)).toMatchObject({ status: 'revoked', reason: 'the incident is over' })
  expect(await desk.type('U0GUS', `revoke ${request.ask.id}   no  more `)).toMatch(/Denied/)
  expect(await now()).toMatchObject({ status: 'denied', reason: 'no  more' })
})

test('/hotwork revoke without a reason, or of an unknown request, revokes nothing', async () => {
  expect(await desk.type('U0GUS', `revoke ${request.ask.id}`)).toMatch(/Nothing was revoked/)
  expect(await desk.type('U0GUS', 'revoke zzzzzz why not')).toMatch(/Nothing was revoked/)
  expect(await desk.type('U0GUS', 'revoke')).toMatch(/Nothing was revoked/)
  expect(await now()).toMatchObject({ status: 'pending' })
})

test('/hotwork revoke by a person without the right is refused by policy, and recorded', async () => {
  expect(await desk.type('U0LENA', `revoke ${request.ask.id} because`)).not.toMatch(/Denied|Revoked/)
  expect(await now()).toMatchObject({ status: 'pending' })
  expect((await world.ledger.entries(request.ask.id)).at(-1)).toMatchObject({
    type: 'Refused',
    actor: { id: 'person:lena' },
    facts: { attempted: 'revoke' },
  })
})

test('/hotwork by a stranger is answered with that alone', async () => {
  for (const text of ['list', 'help', `show ${request.ask.id}`, `revoke ${request.ask.id} x`])
    expect(await desk.type('U0STRANGER', text)).toMatch(/not linked to a person/)
  expect(await now()).toMatchObject({ status: 'pending' })
})

test('/hotwork by an unlinked account leads to the link, and so does the tab', async () => {
  const address = 'https://hotwork.example/link?code=one-time'
  desk.changes = { links: { find: async () => undefined, offer: async () => address } }
  await desk.type('U0STRANGER', 'list')
  const { ephemerals } = await desk.control('ephemerals?user=U0STRANGER')
  for (const { blocks } of [ephemerals.at(-1), await desk.home('U0STRANGER')])
    expect(JSON.stringify(blocks)).toContain(`"url":"${address}"`)
})

test('/hotwork tells the truth during an outage or delay', async () => {
  desk.isTimed = true
  desk.changes = { overview: () => Promise.reject(new StoreUnavailable('no answer')) }
  expect(await desk.type('U0BEN', 'list')).toMatch(/store has not answered/)
  desk.changes = { overview: () => new Promise(() => {}) }
  expect(await desk.type('U0BEN', 'list')).toMatch(/store has not answered/)
  desk.changes = {}
  world.requests.failNextCommit('answer_lost')
  await desk.type('U0GUS', 'help')
})

test('/hotwork says that an operator must look when AWS denies a right', async () => {
  const cause = new RightMissing('denied')
  desk.changes = { overview: () => Promise.reject(new StoreUnavailable('no answer', { cause })) }
  expect(await desk.type('U0BEN', 'list')).toMatch(/An operator must look/)
})

test('/hotwork starts no revocation whose result the person would not hear', async () => {
  desk.isTimed = true
  desk.changes = { revoke: () => new Promise(() => {}) }
  expect(await desk.type('U0GUS', `revoke ${request.ask.id} x`)).toMatch(/store has not answered/)
})

const send = async (changes: { [member: string]: string }, by = secret, at = world.clock.now()) => {
  await desk.type('U0BEN', 'help')
  const [{ url, body }] = (await desk.control('interactions')).interactions
  const form = new URLSearchParams(body)
  for (const [name, value] of Object.entries(changes)) form.set(name, value)
  const text = form.toString()
  return fetch(url, {
    method: 'POST',
    body: text,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': sign(text, at, by),
    },
  })
}

test('a command that is forged, old, or from another workspace or app is refused', async () => {
  expect((await send({ text: 'list' }, 'another secret')).status).toBe(401)
  expect((await send({ text: 'list' }, secret, world.clock.now() - 301)).status).toBe(401)
  expect((await send({ team_id: 'T0OTHER' })).status).toBe(400)
  expect((await send({ api_app_id: 'A0OTHER' })).status).toBe(400)
  expect(teamId).toBe(chatOf(bundle).teamId)
})

test("a command's replay gets nothing to read", async () => {
  await desk.type('U0BEN', `show ${request.ask.id}`)
  const [{ url, headers, body }] = (await desk.control('interactions')).interactions
  const copy = await (await fetch(url, { method: 'POST', headers, body })).text()
  expect(copy).toContain('had arrived before')
  expect(copy).not.toContain(request.ask.digest.slice(0, 24))
})
