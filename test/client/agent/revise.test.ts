import type { Hotwork, Permit, PermitCall, Revise } from '../../../client/index.ts'
import { hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** The agent's client when people send its request back, over the deployed handlers. */

const scene = useScene()
const state = useFolder()
let meanwhile: () => Promise<unknown>
let pauses = 0
const pause = async () => {
  if (++pauses > 40) throw new Error('people did not settle it')
  await meanwhile()
}
beforeEach(() => {
  pauses = 0
  meanwhile = async () => {
    throw new Error('a client paused, and the test set no `meanwhile`')
  }
})

const hotwork = (): Hotwork => hotworkIn(scene, state(), 'agent-remediator', pause)
const asked = { Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true }
const less = { ...asked, Value: '2500' }
const call = (changes: Partial<PermitCall> = {}): PermitCall => ({
  ...{ action: 'ssm:PutParameter', arguments: asked, purpose: 'remediation', parentTask: { id: 'INC-4822' } },
  ...{ justification: 'checkout refuses payments', ...changes },
})
const words = 'Half a second less is enough.'

function sentBack(permit: Permit): Revise {
  if (permit.outcome === 'revise') return permit
  throw new Error(JSON.stringify(permit))
}
async function revised(changes: Partial<PermitCall> = {}, suggest: object | undefined = less): Promise<Revise> {
  meanwhile = () => scene.sendBack(words, suggest)
  return sentBack(await hotwork().permit(call(changes)))
}

test('a permit that is sent back has the words and the suggestion of a person, and names no person', async () => {
  const permit = await revised()
  expect(permit).toMatchObject({
    ...{ outcome: 'revise', message: words, suggested: less },
    messages: [{ text: words, from: 'approver', verdict: 'revise' }],
  })
  expect(JSON.stringify(permit)).not.toMatch(/person:|ana/)
})

test('asking again is a request of its own, by another key, for the same task: people see the difference, and others approve it', async () => {
  const permit = await revised()
  meanwhile = () => scene.decideAll('approve', ['ben', 'eve'])
  const again = await permit.ask(less, { justification: 'half a second less' })
  expect(again).toMatchObject({ outcome: 'approved', arguments: less })
  const [second, first] = await scene.requests()
  expect(second?.ask).toMatchObject({
    revises: first?.ask.id,
    revision: { number: 1, suggested: true, changes: { Value: { from: '3000', to: '2500' } } },
    parentTask: { id: 'INC-4822' },
    purpose: 'remediation',
  })
  expect(second?.ask.jkt).not.toBe(first?.ask.jkt)
})

test('the person who suggested more does not approve the revision: it waits on', async () => {
  const permit = await revised({}, { ...asked, Value: '9000' })
  const again = await permit.ask({ ...asked, Value: '9000' }, { wait: 0 })
  await scene.decideAll('approve', ['ana'])
  if (again.outcome !== 'pending') throw new Error(again.outcome)
  expect(await again.resume({ wait: 0 })).toMatchObject({ outcome: 'pending' })
})

test('a revision is sent back and revised again, and a second revision of the first request is refused', async () => {
  const permit = await revised()
  meanwhile = () => scene.sendBack('And less again.', undefined, 'ben')
  const second = sentBack(await permit.ask(less))
  expect(second).not.toHaveProperty('suggested')
  meanwhile = () => scene.decideAll('approve', ['chloe', 'eve'])
  expect((await second.ask({ ...asked, Value: '2000' })).outcome).toBe('approved')
  expect(await permit.ask(less)).toMatchObject({ outcome: 'refused', reason: 'invalid_revision' })
  expect(await permit.ask({ ...asked, Name: '/prod/checkout/retries' })).toMatchObject({ reason: 'invalid_revision' })
})

test('a call with an id is told again that it was sent back, and its revision is the same request in another process', async () => {
  const permit = await revised({ callId: 'call_1' })
  const pending = await permit.ask(less, { wait: 0 })
  const later = sentBack(await hotwork().permit(call({ callId: 'call_1' })))
  expect(later).toMatchObject({ message: words, suggested: less, request: permit.request })
  expect(await later.ask(less, { wait: 0 })).toMatchObject({ outcome: 'pending', request: pending.request })
  await expect(later.ask(asked, { wait: 0 })).rejects.toMatchObject({ told: { code: 'usage' } })
})

test('a call may name the request that it revises, and one that is not a request is refused with the fix', async () => {
  const { request: revises } = await revised()
  expect(await hotwork().permit(call({ arguments: less, revises, wait: 0 }))).toMatchObject({ outcome: 'pending' })
  expect((await scene.requests())[0]?.ask.revises).toBe(revises)
  await expect(hotwork().permit(call({ revises: 'the last one' }))).rejects.toThrow(/`revises`.*`request` of a permit/)
})

test('a denial and an approval have the words that people wrote to the agent', async () => {
  meanwhile = () => scene.decideAll('deny', ['ana'], { toAgent: 'Not before Monday.' })
  expect(await hotwork().permit(call())).toMatchObject({
    ...{ outcome: 'denied', messages: [{ text: 'Not before Monday.', from: 'approver', verdict: 'deny' }] },
  })
  meanwhile = () => scene.decideAll('approve', ['ben', 'eve'], { toAgent: 'Watch the graph.' })
  const { messages } = (await hotwork().permit(call())) as { messages?: unknown }
  expect(messages).toEqual([
    { text: 'Watch the graph.', from: 'approver', verdict: 'approve' },
    { text: 'Watch the graph.', from: 'approver', verdict: 'approve' },
  ])
})

test('a plan is sent back as a whole: its suggestion is all steps, and the agent asks for all of them again', async () => {
  const step = (name: string) => ({
    agent: 'agent:remediator',
    action: 'ssm:PutParameter',
    arguments: { ...asked, Name: name },
  })
  const steps = [step('/prod/checkout/a'), step('/prod/checkout/b')]
  const changed = { ...steps[1]?.arguments, Value: '2500' }
  const planner = hotworkIn(scene, state(), 'agent-planner', pause)
  meanwhile = () => scene.sendBack(words, { steps: [{ step: 2, arguments: changed }] })
  const plan = await planner.plan({ steps, purpose: 'maintenance', parentTask: { id: 'CHG-78' } })
  if (plan.outcome !== 'revise' || !plan.suggested) throw new Error(JSON.stringify(plan))
  expect(plan).toMatchObject({ message: words, suggested: [steps[0], { ...steps[1], arguments: changed }] })
  const again = await plan.ask(plan.suggested, { wait: 0 })
  expect(again.outcome).toBe('pending')
  expect((await scene.requests())[0]?.ask).toMatchObject({ revises: plan.request, revision: { suggested: true } })
})
