import { spawnSync } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { examples } from '../../../client/command-line/examples.ts'
import { pathOf } from '../../../client/command-line/frame.ts'
import { makeProgram } from '../../../client/command-line/program.ts'
import { thisMachine } from '../../../client/surroundings.ts'
import { spelled } from '../../../functions/domain/agents/spelling.ts'
import type { Agent } from '../../../functions/domain/people/organisation.ts'
import { keepBundle } from '../../../functions/operations/policy/keep-bundle.ts'
import { resizeWorker } from '../../channels/slack/cards/states.ts'
import { governDeployer } from '../../support/agents/governed.ts'
import { anchored, receiptOf } from '../../support/anchor/receipts.ts'
import { askedChangeSet } from '../../support/change-sets/asked.ts'
import { repairPlan } from '../../support/plan.ts'
import { root } from '../../support/repository.ts'
import { flag, prodParameter, sampleBundle, type What } from '../../support/world.ts'
import { AgentMachine, file, staging } from '../support/agent-machine.ts'
import { minute, recovery, useScene, why } from '../support/scene.ts'
import { Terminal } from '../support/terminal.ts'

/** Each verb's help has an example, and each example does what it says. */

// `policy prove --sample 2000` alone computes for half a minute on a busy machine.
jest.setTimeout(240_000)
const scene = useScene()

/** The state before the verb of an example is typed. */
type Stage = { at: Terminal; ids?: { readonly [prefix: string]: string } }
const openedByJade = async (words: readonly string[] = recovery): Promise<Stage> => {
  const { exit, body } = await scene.jade.json('break-glass', 'start', ...words)
  expect(exit).toBe(0)
  return { at: scene.jade, ids: { bgl: body.id } }
}
const submitted = async (what: What = prodParameter) => (await scene.api.world.submitted(what)).ask.id
const flagged = async (): Promise<string> => {
  const request = await scene.api.world.submitted(flag())
  await scene.api.world.decide(request, 'ben')
  return request.ask.id
}
const permitted = async (): Promise<string> => {
  const { body } = await scene.at('ben').json('permits', 'give', await flagged(), '--yes')
  return body.id
}
const mediated = [
  ...['--action', 'lambda:UpdateFunctionConfiguration', '--minutes', '5', ...why()],
  ...['--arguments', '{"FunctionName":"checkout-worker","Timeout":60}'],
]
/** An agent's machine with the file and the programs of the examples; the programs do nothing. */
async function asAgent(make: (machine: AgentMachine) => Promise<string | undefined>): Promise<Stage> {
  const at = new AgentMachine(scene)
  machines.push(at)
  cpSync(join(root, 'examples/requests'), join(at.home, 'examples/requests'), { recursive: true })
  cpSync(staging, join(at.home, 'ask.json'))
  writeFileSync(join(at.home, 'last.log'), '02:51 timeout\n')
  for (const program of ['aws', 'repair.sh', 'kubectl'])
    writeFileSync(join(at.home, program), '#!/bin/sh\n', { mode: 0o700 })
  at.env['PATH'] = `${at.home}:/bin`
  const id = await make(at)
  return { at, ids: id === undefined ? {} : { req: id } }
}
const machines: Terminal[] = []
afterEach(() => {
  for (const machine of machines.splice(0)) machine.close()
})

/** A policy author's folder. */
async function asAuthor(): Promise<Stage> {
  const at = new Terminal({})
  machines.push(at)
  at.program = join(root, 'client/hotwork.ts')
  for (const folder of ['examples/requests', 'policies'])
    cpSync(join(root, folder), join(at.home, folder), { recursive: true })
  cpSync(join(root, 'policies'), join(at.home, 'policies-of-main'), { recursive: true })
  cpSync(file('prod-payment-timeout'), join(at.home, 'ask.json'))
  cpSync(join(root, 'test/policies/deployment.json'), join(at.home, 'deployment.json'))
  return { at }
}

const deployer = [{ issuer: 'workloads', subject: 'agent-deployer' }]
/** A person beside a registry that has `agent:deployer`. */
function governed(who: string): Stage {
  governDeployer(scene.api.world)
  scene.advance(5)
  return { at: scene.at(who) }
}

const stages: { readonly [verb: string]: () => Promise<Stage> } = {
  ls: async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  show: async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  approve: async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  deny: async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  // The example of a plan.
  'narrow req_... --set 2.MemorySize=1024 --strike 3': async () => ({
    at: scene.at('ana'),
    ids: { req: await submitted(repairPlan) },
  }),
  revise: async () => {
    const at = scene.at('ben')
    writeFileSync(join(at.home, 'arguments.json'), JSON.stringify({ ...resizeWorker.arguments, MemorySize: 1024 }))
    return { at, ids: { req: await submitted(resizeWorker) } }
  },
  question: async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  'ask-colleague': async () => ({ at: scene.at('ana'), ids: { req: await submitted() } }),
  narrow: async () => ({ at: scene.at('ben'), ids: { req: await submitted(resizeWorker) } }),
  revoke: async () => ({ at: scene.at('gus'), ids: { req: (await scene.api.world.approved()).ask.id } }),
  'agents unknown': async () => ({ at: scene.at('gus') }),
  permits: async () => ({ at: scene.at('ana') }),
  'permits list': async () => ({ at: scene.at('ana') }),
  'permits show': async () => ({ at: scene.at('ana'), ids: { stp: await permitted() } }),
  'permits give': async () => ({ at: scene.at('ben'), ids: { req: await flagged() } }),
  'permits revoke': async () => ({ at: scene.at('ben'), ids: { stp: await permitted() } }),
  'stand-ins': async () => ({ at: scene.at('ana') }),
  'stand-ins list': async () => ({ at: scene.at('ana') }),
  'stand-ins name': async () => ({ at: scene.at('ana') }),
  'stand-ins end': async () => {
    const { body } = await scene.at('ana').json('stand-ins', 'name', 'person:ben', '--until', '7d')
    return { at: scene.at('ana'), ids: { sin: body.id } }
  },
  groups: async () => ({ at: scene.at('ana') }),
  halt: async () => ({ at: scene.at('gus') }),
  halts: async () => ({ at: scene.at('ana') }),
  'agents inventory': async () => ({ at: scene.at('ana') }),
  'agents guardrail': async () => ({ at: scene.at('ana') }),
  'agents usage': async () => {
    const at = scene.at('ana')
    cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
    return { at }
  },
  'changes show': async () => ({ at: scene.at('ana'), ids: { req: await askedChangeSet(scene.api.world) } }),
  'changes guardrail': async () => ({ at: scene.at('ana') }),
  agents: async () => ({ at: scene.at('ana') }),
  'agents show': async () => ({ at: scene.at('ana') }),
  'agents recertify': async () => {
    const at = scene.at('gus')
    const { body } = await at.json('agents', 'show', 'agent:remediator')
    return { at, ids: { digest: body.evidence_digest } }
  },
  registry: async () => ({ at: scene.at('ana') }),
  'registry list': async () => ({ at: scene.at('ana') }),
  'registry show': async () => governed('ana'),
  'registry register': async () => {
    const { agents } = scene.api.world.policy.bundle
    const at = scene.at('dan')
    const entry = { ...spelled(agents[0] as Agent), id: 'agent:deployer', identities: deployer }
    writeFileSync(join(at.home, 'deployer.json'), JSON.stringify(entry))
    return { at }
  },
  'registry change': async () => governed('dan'),
  'registry transfer': async () => governed('dan'),
  'registry retire': async () => governed('dan'),
  'registry accept': async () => {
    const { at } = governed('dan')
    const to = ['--to', 'person:ben', '--reason', 'Dan changes teams']
    const { body } = await at.json('registry', 'transfer', 'agent:deployer', ...to)
    return { at: scene.at('ben'), ids: { req: body.id } }
  },
  lift: async () => {
    const { body } = await scene.at('gus').json('halt', 'all', '--reason', 'INC-4822')
    return { at: scene.at('hana'), ids: { hlt: body.id } }
  },
  receipt: async () => {
    const { id } = (await scene.api.world.approved()).ask
    await scene.api.ports.notary.follow(id)
    return { at: scene.at('hana'), ids: { req: id } }
  },
  verify: async () => {
    const { log, id, entries } = await anchored()
    const at = scene.at('hana')
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`)
    writeFileSync(join(at.home, 'receipt.jwt'), receiptOf(log, id, entries))
    writeFileSync(join(at.home, 'entries.ndjson'), lines.join(''))
    writeFileSync(join(at.home, 'jwks.json'), JSON.stringify({ keys: [log.jwk] }))
    return { at }
  },
  actions: () => asAgent(async () => undefined),
  request: () => asAgent(async () => undefined),
  'request ask.json --revises req_... --wait': () =>
    asAgent(async (machine) => {
      cpSync(file('prod-payment-timeout'), join(machine.home, 'ask.json'))
      const id = await machine.asked()
      await scene.sendBack('Say why.')
      machine.pausing = () => scene.decideAll('approve', ['ben', 'eve'])
      return id
    }),
  answer: async () => {
    const stage = await asAgent((machine) => machine.asked())
    const [qst = ''] = await scene.question('Why now?')
    return { ...stage, ids: { ...stage.ids, qst } }
  },
  wait: () => asAgent((machine) => machine.asked(staging)),
  cancel: () => asAgent((machine) => machine.asked()),
  extend: () =>
    asAgent(async (machine) => {
      const id = await machine.asked(staging)
      await machine.type('credentials', id)
      return id
    }),
  complete: () => asAgent((machine) => machine.asked(staging)),
  exec: () => asAgent((machine) => machine.asked(staging)),
  credentials: () => asAgent((machine) => machine.asked(staging)),
  call: () => asAgent((machine) => machine.approved(file('prod-worker-timeout'))),
  'mcp headers': () => asAgent(async () => undefined),
  'mcp import': () =>
    asAgent(async ({ home }) => {
      const listing = join(home, 'listing.json')
      writeFileSync(listing, JSON.stringify({ server: { name: 'mcp-git', version: '1' }, pages: [[]] }))
      const server = join(__dirname, '../mcp/support/listing-server.mjs')
      writeFileSync(join(home, 'uvx'), `#!/bin/sh\nexec ${process.execPath} ${server} ${listing}\n`, { mode: 0o700 })
      return undefined
    }),
  'policy check': asAuthor,
  'policy plan': asAuthor,
  'policy diff': asAuthor,
  'policy prove': asAuthor,
  'catalogue list': asAuthor,
  'catalogue show': asAuthor,
  'catalogue add': asAuthor,
  'catalogue draft': async () => {
    const { at } = await asAuthor()
    writeFileSync(join(at.home, 'skeleton.json'), '{ "InstanceIds": [""], "Force": true }')
    return { at }
  },
  'catalogue check': asAuthor,
  'policy replay': async () => {
    const { at } = await asAuthor()
    await submitted()
    writeFileSync(join(at.home, 'ledger.ndjson'), (await scene.at('hana').type('ledger', 'export')).out)
    Object.assign(at.env, scene.at('hana').env)
    return { at }
  },
  'policy explain': async () => {
    const { world } = scene.api
    await keepBundle(sampleBundle(), { ...world.ports, bundles: world.bundles })
    const at = scene.at('hana')
    at.program = join(root, 'client/hotwork.ts')
    return { at, ids: { req: await submitted() } }
  },
  'policy observed': async () => ({ at: scene.at('hana') }),
  'policy pull': async () => {
    const at = scene.at('hana')
    cpSync(join(root, 'policies'), join(at.home, 'policies'), { recursive: true })
    return { at }
  },
  'policy show': async () => {
    const { world } = scene.api
    await keepBundle(sampleBundle(), { ...world.ports, bundles: world.bundles })
    return { at: scene.at('hana'), ids: { digest: sampleBundle().hash } }
  },
  'ledger export': async () => ({ at: scene.at('hana'), ids: { req: await submitted() } }),
  'break-glass start': async () => ({ at: scene.jade }),
  'break-glass drill': async () => ({ at: scene.jade }),
  'break-glass end': () => openedByJade(),
  'break-glass status': () => openedByJade(),
  'break-glass credentials': () => openedByJade(),
  'break-glass list': () => openedByJade(),
  'break-glass claim': () => openedByJade(),
  'break-glass call': () => openedByJade(mediated),
  'break-glass review': async () => {
    const stage = await openedByJade()
    await scene.jade.type('break-glass', 'end')
    return { ...stage, at: scene.at('gus') }
  },
  'break-glass vouch': async () => {
    await openedByJade()
    scene.advance(25 * 60 * minute)
    return { at: scene.at('kofi') }
  },
}

test.each(verbs())('`%s` has an example in its help', async (verb) => {
  const { exit, out } = await scene.jade.type(...verb.split(' '), '--help')
  expect([exit, out]).toEqual([0, expect.stringMatching(/^Examples?:\n {2}npx --no-install hotwork /m)])
})

test.each([
  ['a checkout', '/x', '/x/client/hotwork.ts', ''],
  ['a folder with the package', '/x', '/x/node_modules/hotwork/dist/command-line.js', 'node_modules/hotwork/'],
  ['another folder', '/y', '/x/node_modules/hotwork/dist/command-line.js', '/x/node_modules/hotwork/'],
])("help in %s names the program's files as they are typed there", async (_, folder, file, at) => {
  Object.assign(scene.jade, { folder, program: file })
  const [help, ofRequest] = [await scene.jade.type('--help'), await scene.jade.type('request', '--help')]
  expect(help.out).toContain(` ${at}docs/command-line.md.`)
  expect(ofRequest.out).toContain(` request ${at}examples/requests/staging-payment-timeout.json `)
  expect(ofRequest.out.replaceAll(/\s+/g, ' ')).toContain(`as in ${at}examples/plan`)
})

test('a required option is marked in its help', async () => {
  const { out } = await scene.jade.type('halt', '--help')
  const marked = out.split(/^ {2}(?=-)/m).filter((option) => option.includes('(must be given)'))
  expect(marked).toEqual([expect.stringMatching(/^--reason <text>/)])
})

test('examples are of existing verbs', () => {
  expect(Object.keys(examples).filter((verb) => !verbs().includes(verb))).toEqual([])
})

/**
 * These need an identity provider or a cluster, or run until they are stopped: `login/kept-login.test.ts`,
 * `sidecar/sidecar.test.ts`, `mcp/run-gate.test.ts` and `requests/cluster.test.ts` type
 * them. The chapter of a cluster in the demo types `policy export`.
 */
const elsewhere = ['login', 'logout', 'hook', 'sidecar', 'mcp', 'kubernetes credential', 'policy export']
/** It needs programs that only `tools/prove/run.ts` installs, which types it. */
const proof = 'policy prove policies --deployment deployment.json'
const all = Object.entries(examples)
  .filter(([verb]) => !elsewhere.includes(verb))
  .flatMap(([verb, lines]) => lines.map((line) => [line, verb] as const))
  .filter(([line]) => line !== proof)
/** The guardrail is not attached in the sample, which is this answer. */
const exits: { readonly [line: string]: number } = { 'agents guardrail agent:nightly --form boundary --check': 4 }
test.each(all)('the example `%s` does what it says', async (line, verb) => {
  const { at, ids = {} } = (await (stages[line] ?? stages[verb])?.()) ?? { at: scene.jade }
  const { exit, err } = await at.type(...wordsOf(line, ids))
  expect({ exit, err }).toEqual({ exit: exits[line] ?? 0, err })
})

/** The words as a shell splits them, with a stage's ids; a redirection is no word. */
function wordsOf(line: string, ids: { readonly [prefix: string]: string }): string[] {
  const filled = line
    .replaceAll(/\b([a-z]{3})_\.\.\./g, (_, prefix: string) => ids[prefix] ?? `no ${prefix} id`)
    .replace('sha-256:...', ids['digest'] ?? 'no digest')
  const { stdout, stderr } = spawnSync('bash', ['-c', `printf '%s\\0' ${filled.replace(/ >>? .*/, '')}`])
  expect(stderr.toString()).toBe('')
  return stdout.toString().split('\0').slice(0, -1)
}

function verbs(): string[] {
  const leaves = (command: Command): Command[] => {
    const own = command.commands.flatMap(leaves)
    // `agents` and others list by themselves, `mcp` runs a gate, and both have verbs of their own.
    return own.length === 0 || ['agents', 'mcp', 'permits', 'registry', 'stand-ins'].includes(command.name())
      ? [command, ...own]
      : own
  }
  return leaves(makeProgram(thisMachine({ file: '', version: '' }), () => {})).map(pathOf)
}
