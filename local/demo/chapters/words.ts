// Rules: test/local/demo-options.test.ts
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import type { Permit } from '../../../client/index.ts'
import { approveThrough, describeApprovals } from '../asking.ts'
import { finding, refused } from '../findings.ts'
import { readParameter, setParameter, type World } from '../world.ts'
import { installServer, Scene, writing } from './mcp.ts'

const load = 'The deploy of 02:40 doubled the load.'
const less = 'Half of it is enough until the deploy is rolled back.'

/** A person asks back and suggests less, and the agent asks again: by its client, and by an MCP host behind the gate. */
export async function tellWords(world: World): Promise<void> {
  await tellByClient(world)
  await tellByHost(world)
}

async function tellByClient(world: World): Promise<void> {
  const { report, local, desk, person, reader } = world
  const { action, context } = world.example('prod-payment-timeout')
  const { Name, Value } = action.properties
  const suggested = { ...action.properties, Value: '1500' }
  await setParameter(local, Name, '300')
  const stateFolder = mkdtempSync(join(tmpdir(), 'hotwork-words-'))
  const asked: string[] = []
  const waits: ((request: string) => void)[] = []
  const nextRequest = () => new Promise<string>((resolve) => void waits.push(resolve))
  const hotwork = world.client('agent:remediator', {
    stateFolder,
    onWait: ({ request }) => waits.shift()?.(request),
    answer: ({ text }) => {
      asked.push(text)
      return load
    },
  })
  try {
    let began = nextRequest()
    const first = hotwork.permit({
      action: action.name,
      arguments: action.properties,
      purpose: context.purpose,
      parentTask: { id: context.parent_task.id },
      ...(context.justification === undefined ? {} : { justification: context.justification }),
    })
    const id = await Promise.race([began, first.then(describePermit)])
    await report.expect('Ben asks the agent why, its own function answers, and the card shows both', async () => {
      const question = 'Why is the default not enough?'
      await person('person:ben').ask(id, question)
      const { says } = await desk.untilCard(id, (card) => card.says.includes(load))
      return finding(asked.join() === question && says.includes(question), `${question} ${load}`)
    })
    const revise = await report.expect('Ben sends it back with less: the agent hears why, and no name', async () => {
      await person('person:ben').sendBack(await reader.request(id), less, suggested)
      const permit = await first
      const held = permit.outcome === 'revise' && permit.message === less && !JSON.stringify(permit).includes('ben')
      return finding(held, describePermit(permit), permit)
    })
    if (revise.outcome !== 'revise') return
    began = nextRequest()
    const second = revise.ask(revise.suggested ?? {})
    const revision = await Promise.race([began, second.then(describePermit)])
    await report.expect(
      'the agent asks for that: the card has the difference, and whose words it follows',
      async () => {
        const { says } = await desk.untilCard(revision)
        const request = await reader.request(revision)
        const held = says.includes(String(Value)) && says.includes('1500') && request.revises === id
        return finding(held, `${revision} revises ${request.revises}, after words of ${request.suggested_by?.join()}`)
      },
    )
    await report.expect('Ben may not approve what he told the agent to ask for', async () => {
      const request = await reader.request(revision)
      return refused('403 self_approval', () => person('person:ben').approveStrongly(request))
    })
    await report.expect('two others approve, and the agent sets exactly that', async () => {
      const approvals = await approveThrough(world, revision)
      const permit = await second
      if (permit.outcome !== 'approved') return finding(false, describePermit(permit))
      const ssm = new SSMClient({ ...world.aws, credentials: permit.awsCredentials() })
      await permit.use(() => ssm.send(new PutParameterCommand({ ...suggested, Name: String(Name), Overwrite: true })))
      ssm.destroy()
      const value = await readParameter(local, Name)
      const held = value === '1500' && !describeApprovals(approvals).includes('person:ben')
      return finding(held, `${describeApprovals(approvals)}; ${Name} is ${value}`)
    })
  } finally {
    rmSync(stateFolder, { recursive: true, force: true })
  }
}

/** The host knows nothing of Hotwork: it reads the results of its calls. */
async function tellByHost(world: World): Promise<void> {
  const { report, desk, person, reader } = world
  const scene = new Scene(world, await installServer())
  try {
    const host = await scene.startHost()
    const call = writing('prod/cache.yaml', 'entries: 4000\n')
    const asked = host.call(call)
    const [id = ''] = /req_[0-9a-z]{26}/.exec((await desk.untilCard(call.arguments.path)).says) ?? []
    await report.expect('an MCP host gets Chloe’s question as the result of its call, and answers it', async () => {
      await person('person:chloe').ask(id, 'How much memory does it need?')
      const { text } = await asked
      const [, question] = /question (qst_\w+)\): "How much memory/.exec(text) ?? []
      await host.call({ name: 'hotwork_answer', arguments: { request: id, question, text: 'About 4 GB.' } })
      const { says } = await desk.untilCard(id, (card) => card.says.includes('About 4 GB.'))
      return finding(question !== undefined && says.includes('How much memory'), text)
    })
    const waiting = host.call(call)
    const suggested = writing(call.arguments.path, 'entries: 1000\n')
    await report.expect('Chloe sends it back, and the result quotes her words and the arguments', async () => {
      await person('person:chloe').sendBack(await reader.request(id), less, suggested.arguments)
      const { isError, text } = await waiting
      return finding(isError && text.includes(`The approver says: "${less}"`) && text.includes('1000'), text)
    })
    await report.expect('the next call is the revision: two others approve it, and the file is written', async () => {
      const answer = host.call(suggested)
      const { says } = await desk.untilCard(id, (card) => card.says.includes('Revision 1'))
      const [revision = ''] = /req_[0-9a-z]{26}/.exec(says) ?? []
      const approvals = await approveThrough(world, revision)
      const { isError } = await answer
      const { revises } = await reader.request(revision)
      const held = !isError && revises === id && scene.read(call.arguments.path) === suggested.arguments['content']
      return finding(held, `${revision} revises ${revises}; ${describeApprovals(approvals)}`)
    })
  } finally {
    await scene.close()
  }
}

const describePermit = (permit: Permit): string =>
  permit.outcome === 'revise' ? `${permit.outcome}: ${permit.message}` : permit.outcome
