// Rules: test/local/demo-options.test.ts
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import type { AgentApi } from '../../../client/agent/agent-api.ts'
import type { Ask } from '../../../functions/domain/cards/wire/task.ts'
import { clientSettings } from '../../emulator.ts'
import type { Local } from '../../local-file.ts'
import { askFor, describeTask } from '../asking.ts'
import { evaluatedNo, finding, refused, until } from '../findings.ts'
import type { Request } from '../person.ts'
import { mustWork, type Typed, withTerminal } from '../terminal.ts'
import type { World } from '../world.ts'

const id = 'agent:deployer'
const [owner, next, approver, reviewer] = ['person:lena', 'person:mia', 'person:gus', 'person:hana'] as const
const [role, ownPolicy, guardrail] = ['deploy-runner', 'deploy', 'hotwork-guardrail']
const soon = { withinSeconds: 30, everyMilliseconds: 250 }

/** An agent's whole life without a deployment, while its CI runner's role can bypass Hotwork. */
export async function tellRegistry(world: World): Promise<void> {
  const runner = await makeRunner(world.local)
  try {
    await withTerminal(world, owner, async (type, folder) => {
      writeFileSync(join(folder, 'deployer.json'), JSON.stringify(entry))
      await tellLife(world, runner, async (as, words, quietly) => {
        if (!quietly) world.report.note(`${world.person(as).name} $ hotwork ${words.join(' ')}`)
        return type(...words.map((word) => word.replace(/^'(.*)'$/s, '$1')), '--as', as)
      })
    })
  } finally {
    await runner.remove()
  }
}

/** Types words at a terminal, quoted for a shell. The demo prints them unless `quietly`. */
type Run = (as: string, words: readonly string[], quietly?: 'quietly') => Promise<Typed>

type Asking = { agent: AgentApi; ask: Ask }

async function tellLife(world: World, runner: Runner, run: Run): Promise<void> {
  const { report } = world
  const agent = await world.agent(id)
  const ask = { ...world.example('staging-payment-timeout'), subject: { type: 'agent' as const, id } }

  await report.expect('a workload that is not registered may not even ask', () =>
    refused('401', () => agent.evaluate(ask)),
  )
  const registration = await report.expect('Lena asks to register it, and the card shows its entry', async () => {
    const request = await askBy(['register', 'deployer.json', '--reason', "'it deploys checkout from CI'"], world, run)
    const { says } = await world.desk.untilCard(request.id)
    return finding(says.includes(id) && says.includes(runner.host), `${request.id}, tier ${request.tier}`, request)
  })
  await report.expect('Gus approves, and seconds later it can ask', async () => {
    const clicked = await approve(world, registration)
    await until(() => agent.evaluate(ask).catch(() => undefined), { ...soon, what: 'it is known' })
    report.latency('last click to the first question that sees the new agent', Date.now() - clicked)
    return finding(true, `${Date.now() - clicked} ms after the click`)
  })
  const first = await report.expect('it asks, and waits for people as any other agent does', async () => {
    const task = await askFor(agent, ask)
    return finding(task.task.status === 'pending', describeTask(task), task.task.id)
  })
  await tellWayRound(world, runner, run)
  await tellTransfer(world, first, run)
  await report.expect(
    'at the next look, a minute after the last, the runner’s role can no longer do it alone',
    async () => {
      const check = async (quietly?: 'quietly') => {
        const { exit, out } = await run(next, ['agents', 'guardrail', id, '--check'], quietly)
        return exit === 0 ? out : undefined
      }
      const minute = { withinSeconds: 90, everyMilliseconds: 5_000, what: 'IAM denies it' }
      return finding(true, (await check()) ?? (await until(() => check('quietly'), minute)))
    },
  )
  await tellEnd(world, { agent, ask }, run)
}

/** Shows that the role can act without asking until the guardrail is attached. */
async function tellWayRound({ report }: World, runner: Runner, run: Run): Promise<void> {
  await report.expect('the role of its CI runner could do the same without asking, and Hotwork says so', async () => {
    const { out } = await run(owner, ['agents', 'guardrail', id, '--check'])
    const [line = out] = /.*ssm:PutParameter.*staging.*/.exec(out) ?? []
    return finding(line.endsWith(': allowed'), line.trim())
  })
  await report.expect('Lena attaches the guardrail that Hotwork prints to the role', async () => {
    await runner.attach(mustWork(await run(owner, ['agents', 'guardrail', id])))
    return finding(true, `${guardrail} on ${runner.arn}`)
  })
}

async function tellTransfer(world: World, first: string, run: Run): Promise<void> {
  const { report, reader } = world
  const transfer = await report.expect('Lena hands it to Mia, who accepts before others decide', async () => {
    const request = await askBy(['transfer', id, '--to', next, '--reason', "'Lena changes teams'"], world, run)
    const early = await refused('409', () => world.person(approver).approveStrongly(request))
    mustWork(await run(next, ['registry', 'accept', request.id]))
    return finding(early.held, `before: ${early.found}`, request)
  })
  await report.expect('Gus approves: it is Mia’s, and what it asked for under Lena has ended', async () => {
    await approve(world, transfer)
    const { owner: now } = await until(() => agentOf(next, reader), { ...soon, what: 'it has its new owner' })
    const { status } = await until(() => over(first, reader), { ...soon, what: 'its request has ended' })
    return finding(now === next, `the owner is ${now}; ${first} is ${status}`)
  })
}

async function tellEnd({ report, reader }: World, { agent, ask }: Asking, run: Run): Promise<void> {
  await report.expect('at its recertification Hana reads the evidence, and answers no', async () => {
    const shown = mustWork(await run(reviewer, ['agents', 'show', id]))
    const evidence = shown.match(/sha-256:\S+/g)?.at(-1) ?? ''
    const no = ['agents', 'recertify', id, '--retire', '--evidence', evidence, '--reason', "'the job is switched off'"]
    return finding(true, mustWork(await run(reviewer, no)))
  })
  await report.expect('it is dead: it may ask for nothing', () =>
    until(
      async () => {
        const no = await evaluatedNo(agent, ask, 'agent_retired')
        return no.held ? no : undefined
      },
      { ...soon, what: 'it is retired' },
    ),
  )
  await report.expect('its whole life is on its record', async () => {
    const types = (await reader.record(id)).map(({ type }) => type)
    // Its refusals follow.
    return finding(types.join().startsWith('Registered,RegistrationChanged,Retired'), types.join(', '))
  })
}

async function askBy(words: readonly string[], { reader }: World, run: Run): Promise<Request> {
  const [request = ''] = /req_[0-9a-z]{26}/.exec(mustWork(await run(owner, ['registry', ...words]))) ?? []
  return reader.request(request)
}

/** @returns the time of the click */
async function approve({ desk, person }: World, request: Request): Promise<number> {
  const { slackUserId } = person(approver)
  const card = await desk.untilCard(request.id, ({ buttons }) => buttons.includes('approve'))
  return (await desk.click(card, 'approve', slackUserId)).clickedAt
}

async function agentOf(person: string, reader: World['reader']) {
  const found = await reader.agent(id)
  return found.owner === person ? found : undefined
}

async function over(request: string, reader: World['reader']) {
  const found = await reader.request(request)
  return found.status === 'pending' ? undefined : found
}

type Runner = Awaited<ReturnType<typeof makeRunner>>

const host = 'example-org/deployments#production'
const entry = {
  ...{ id, description: 'deploys checkout from CI', owner, autonomy: 'supervised' },
  identities: [{ issuer: 'workloads', subject: 'agent-deployer' }],
  runsOn: { githubEnvironment: host },
  recertifyBy: new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 'YYYY-MM-DD'.length),
}

/** A CI runner's role, with a right of its own. */
async function makeRunner({ aws }: Local) {
  const iam = new IAMClient(clientSettings(aws))
  const resource = `arn:aws:ssm:${aws.region}:${aws.accountId}:parameter/*`
  const provider = `arn:aws:iam::${aws.accountId}:oidc-provider/token.actions.githubusercontent.com`
  const sub = `repo:${host.replace('#', ':environment:')}`
  const trust = statement({
    ...{ Action: 'sts:AssumeRoleWithWebIdentity', Principal: { Federated: provider } },
    Condition: { StringEquals: { 'token.actions.githubusercontent.com:sub': sub } },
  })
  const put = (PolicyName: string, PolicyDocument: string) =>
    iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName, PolicyDocument }))
  await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: trust }))
  await put(ownPolicy, statement({ Action: 'ssm:PutParameter', Resource: resource }))
  return {
    host,
    arn: `arn:aws:iam::${aws.accountId}:role/${role}`,
    attach: (document: string) => put(guardrail, document),
    remove: async () => {
      for (const PolicyName of [ownPolicy, guardrail])
        await iam.send(new DeleteRolePolicyCommand({ RoleName: role, PolicyName })).catch(() => undefined)
      await iam.send(new DeleteRoleCommand({ RoleName: role })).catch(() => undefined)
      iam.destroy()
    },
  }
}

const statement = (one: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...one }] })
