import { type Answer, Hotwork, type Pending, type PermitCall } from '../../../client/index.ts'
import { joinRequest } from '../../../functions/operations/ledger/texts.ts'
import { aroundIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'
import { until } from '../support/until.ts'

/** Questions of approvers to the agent's client, over the deployed handlers. */

const scene = useScene()
const state = useFolder()
let meanwhile: () => Promise<unknown>
let warned: string[]
let pauses = 0
const pause = async () => {
  if (++pauses > 40) throw new Error('people did not settle it')
  await meanwhile()
}
beforeEach(() => {
  pauses = 0
  warned = []
  meanwhile = async () => {
    throw new Error('a client paused, and the test set no `meanwhile`')
  }
})

const hotwork = (answer?: Answer) =>
  new Hotwork(
    {
      issuer: scene.api.url,
      identity: async () => scene.workload('agent-remediator'),
      stateFolder: state(),
      ...(answer ? { answer } : {}),
    },
    { ...aroundIn(state(), pause), warn: (line: string) => void warned.push(line) },
  )
const call = (changes: Partial<PermitCall> = {}): PermitCall => ({
  action: 'ssm:PutParameter',
  arguments: { Name: '/prod/checkout/payment-timeout-ms', Value: '3000', Overwrite: true },
  ...{ purpose: 'remediation', parentTask: { id: 'INC-4822' }, ...changes },
})
const text = 'Which customers see it now?'
async function questions() {
  const [newest] = await scene.requests()
  const joined = newest && (await joinRequest(newest, scene.api.world.ledger.texts))
  return joined?.questions ?? []
}
const isAnswered = async () => (await questions()).every(({ answer }) => answer !== undefined)

/** Runs one after another, each at a pause of the client. */
function inTurn(...steps: (() => Promise<unknown>)[]): void {
  meanwhile = async () => void (await steps.shift()?.())
}

async function pending(asked: Promise<object>): Promise<Pending> {
  const permit = (await asked) as Pending
  if (permit.outcome !== 'pending') throw new Error(JSON.stringify(permit))
  return permit
}

test('the function answers each question once while a permit waits, and people decide with its answer', async () => {
  const heard: object[] = []
  const answer: Answer = (asked) => {
    heard.push(asked)
    return `those of the new checkout, ${heard.length}`
  }
  inTurn(
    () => scene.question(text),
    () => until(isAnswered),
    () => scene.question('Since when?'),
    () => until(isAnswered),
    () => scene.decideAll(),
  )
  expect((await hotwork(answer).permit(call())).outcome).toBe('approved')
  const found = await questions()
  expect(heard).toEqual(found.map(({ id, text: words }) => expect.objectContaining({ question: id, text: words })))
  expect(found.map(({ answer: given }) => given?.text)).toEqual([
    'those of the new checkout, 1',
    'those of the new checkout, 2',
  ])
  expect([JSON.stringify(heard).includes('person:'), warned]).toEqual([false, []])
})

test('a fault of the function leaves its question open and is warned of, without its message', async () => {
  const answer: Answer = async () => {
    throw Object.assign(new Error('the key is s3cret'), { code: 'EMODEL' })
  }
  inTurn(
    () => scene.question(text),
    () => until(async () => warned.length > 0),
    () => scene.decideAll(),
  )
  expect((await hotwork(answer).permit(call())).outcome).toBe('approved')
  const [question] = await questions()
  expect([question?.answer, warned]).toEqual([undefined, [expect.stringContaining(`${question?.id}`)]])
  expect(warned[0]).toMatch(/stays open.*EMODEL/)
  expect(warned[0]).not.toContain('s3cret')
})

test('an answer that Hotwork does not take leaves its question open, and the warning says why', async () => {
  inTurn(
    () => scene.question(text),
    () => until(async () => warned.length > 0),
    () => scene.decideAll(),
  )
  expect((await hotwork(() => 'x'.repeat(1001)).permit(call())).outcome).toBe('approved')
  expect([(await questions())[0]?.answer, warned]).toEqual([undefined, [expect.stringContaining('`text`')]])
})

test('a function that gives no answer leaves its question open, and the wait goes on', async () => {
  inTurn(
    () => scene.question(text),
    () => scene.decideAll(),
  )
  expect((await hotwork(() => undefined).permit(call())).outcome).toBe('approved')
  expect([(await questions())[0]?.answer, warned]).toEqual([undefined, []])
})

test('a pending permit has the open questions, and answers one by its own key, once', async () => {
  const client = hotwork()
  const first = await pending(client.permit(call({ wait: 0 })))
  const [id = ''] = await scene.question(text)
  const permit = await pending(first.resume({ wait: 0 }))
  expect([first.questions, permit.questions]).toEqual([[], []])
  inTurn(async () => scene.advance(60))
  const asked = await pending(permit.resume({ wait: '30s' }))
  expect(asked.questions).toEqual([{ id, text, answered: false }])
  await asked.answer(id, 'those of the new checkout')
  await expect(asked.answer(id, 'all of them')).rejects.toMatchObject({ told: { code: 'already_answered' } })
  expect((await questions())[0]?.answer?.text).toBe('those of the new checkout')
})

test('a plan answers questions while it waits', async () => {
  const steps = [{ agent: 'agent:remediator', action: 'ssm:PutParameter', arguments: call().arguments }]
  const planner = new Hotwork(
    {
      issuer: scene.api.url,
      identity: async () => scene.workload('agent-planner'),
      stateFolder: state(),
      answer: () => 'after it',
    },
    aroundIn(state(), pause),
  )
  inTurn(
    () => scene.question('Before or after the release?'),
    () => until(isAnswered),
    () => scene.decideAll('deny'),
  )
  const plan = await planner.plan({ steps, purpose: 'maintenance', parentTask: { id: 'CHG-78' } })
  expect([plan.outcome, (await questions())[0]?.answer?.text]).toEqual(['denied', 'after it'])
})
