import { PatternIncidents } from '../../../functions/adapters/system/system.ts'
import { changeNames } from '../../../functions/domain/agents/agent-change.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import type { AgentId, CredentialId, Digest, JsonObject } from '../../../functions/domain/values.ts'
import { openBreakGlass } from '../../../functions/operations/break-glass/open-break-glass.ts'
import { askForToken } from '../../../functions/operations/credentials/deferral.ts'
import { askable, askOnBehalf } from '../../../functions/operations/requests/ask-on-behalf.ts'
import { cancelRequest, completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { extendRequest } from '../../../functions/operations/requests/extend-request.ts'
import { useScene } from '../../client/support/scene.ts'
import { RegistryWorld, reporter } from '../../support/registry-world.ts'
import { unwrap } from '../../support/unwrap.ts'
import { agent, agentKey, person, type What } from '../../support/world.ts'

/** Changes of the registry of agents, at every door by which an agent or a tool gets a right, or a person one for it. */

const scene = useScene()
let world: RegistryWorld
beforeEach(() => {
  world = new RegistryWorld(scene.api.world.policy.bundle)
  scene.api.use(world)
})

const builder = { id: 'agent:builder' }
const entries: { readonly [name in (typeof changeNames)[number]]: JsonObject } = {
  'hotwork:RegisterAgent': reporter,
  'hotwork:ChangeAgent': { ...builder, description: 'builds' },
  'hotwork:TransferAgent': { ...builder, owner: 'person:ana' },
  'hotwork:RetireAgent': builder,
}
const changes = changeNames.map(
  (action): What => ({
    action,
    arguments: entries[action],
    resource: { type: 'agent', id: `${entries[action]['id']}` },
  }),
)

const proven = { issuer: 'https://id.example.org', subject: 'agent-remediator' }
const own = () => ({ ...world.ports, permits: world.permits, targetRole: world.targetRole })
const said = { purpose: 'remediation', parentTask: { id: 'INC-1042' } }
const planned = ({ action, arguments: args }: What): What => ({
  action: 'plan',
  arguments: { steps: [{ agent: 'agent:builder', action, arguments: args }] },
  resource: { type: 'plan', id: 'INC-1042' },
  agent: agent('planner'),
})

async function send(path: string, body?: object, token = scene.workload('agent-remediator')): Promise<string> {
  const response = await fetch(`${scene.api.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  return response.text()
}
const subject = { type: 'agent', id: 'agent:remediator' }
const context = { purpose: 'remediation', parent_task: { id: 'INC-1042' } }
const asked = ({ action, arguments: properties, resource }: What) => ({
  ...{ subject, action: { name: action, properties }, resource, context },
})

const naming: [door: string, ask: (what: What) => Promise<unknown>][] = [
  ['an evaluation', (what) => send('/access/v1/evaluation', asked(what))],
  ['a batch of evaluations', (what) => send('/access/v1/evaluations', { evaluations: [asked(what)] })],
  [
    'the evaluation of a tool',
    (what) => send('/access/v1/evaluation', asked(what), scene.workload('tool-flag-service')),
  ],
  ['the completion of an ask', (what) => send('/v1/asks', asked(what))],
  [
    'the completion of a plan',
    ({ action, arguments: args }) =>
      send('/v1/asks', { kind: 'plan', steps: [{ agent: 'agent:builder', action, arguments: args }], ...context }),
  ],
  ['the evaluation of a plan', (what) => world.evaluate(planned(what))],
  ['a submission', (what) => world.submit(what)],
  ['the submission of a plan', (what) => world.submit(planned(what))],
  [
    'a token at once',
    ({ action, arguments: properties }) =>
      askForToken(
        {
          ...{ agent: { id: agent('remediator'), ...proven }, action: { name: action, properties }, ...said },
          ...{ jkt: agentKey, once: world.proof(), targets: [] },
        },
        { ...own(), signer: world.signer, issuer: world.issuer },
      ),
  ],
  [
    'a delegation',
    async ({ action, arguments: properties, resource }) =>
      world.delegate(await world.approved(), agent('builder'), {
        ...{ action: { name: action, properties }, resource, idempotencyKey: action },
      }),
  ],
  [
    'an ask on behalf of an agent',
    ({ action, arguments: args }) =>
      askOnBehalf(
        {
          ...{ person: person('dan'), agent: agent('remediator'), action, arguments: args as JsonObject, ...said },
          ...{ form: 'one', once: world.proof() },
        },
        own(),
      ),
  ],
  [
    'break-glass',
    (what) =>
      openBreakGlass(
        {
          ...{ person: person('jade'), proven, login: { acr: 'strong', at: world.clock.now() }, what },
          ...{ reason: 'payments are refused since the deploy', incident: 'INC-1', minutes: 30, drill: false },
          ...{ idempotencyKey: what.action, body: {} },
        },
        { ...world.ports, incidents: new PatternIncidents() },
      ),
  ],
]

test.each(naming)('a change of the registry is an unknown action at the door of %s', async (_door, ask) => {
  for (const what of changes) expect(JSON.stringify(await ask(what))).toContain('unknown_action')
})

const lists: [list: string, read: () => Promise<unknown>][] = [
  ['the actions that an agent may ask for', () => send('/access/v1/actions')],
  [
    'the search of actions',
    () => send('/access/v1/search/action', { subject, resource: { type: 'agent', id: 'agent:builder' } }),
  ],
  ['the actions that a person asks for on behalf of an agent', async () => askable(person('dan'), world.ports)],
]

test.each(lists)('no change of the registry is in %s', async (_list, read) => {
  const found = JSON.stringify(await read())
  expect(found).not.toContain('problem')
  expect(changeNames.filter((name) => found.includes(name))).toEqual([])
})

/** Eve's registration of an agent, which gus approved. */
async function approved(): Promise<ApprovalRequest> {
  const request = await world.asked('eve', 'RegisterAgent', reporter)
  unwrap(await world.decide(request, 'gus'))
  return world.state(request.ask.id)
}
const remediator = agent('remediator')
const list = `sha-256:${'a'.repeat(43)}` as Digest

const giving: [door: string, code: string, ask: (of: ApprovalRequest) => Promise<unknown>][] = [
  ['standing permit', 'permit_refused', (of) => world.givePermit(of, 'gus')],
  ['standing permit with a shape', 'permit_refused', (of) => world.givePermit(of, 'gus', { shape: { id: '*' } })],
  ['token of the person who asked', 'wrong_credential_kind', (of) => world.issueToken(of)],
  ['token of an agent', 'unknown_request', (of) => world.issueToken(of, { agent: remediator })],
  [
    'more time',
    'unknown_request',
    ({ ask: { id } }) =>
      extendRequest({ id, agent: remediator, jkt: agentKey, minutes: 5, body: {}, once: world.proof() }, own()),
  ],
  [
    'completion by an agent',
    'unknown_request',
    ({ ask: { id } }) => completeRequest({ id, agent: remediator, outcome: 'succeeded' }, world.ports),
  ],
  [
    'withdrawal by an agent',
    'unknown_request',
    ({ ask: { id } }) => cancelRequest({ id, agent: remediator }, world.ports),
  ],
  ['decision with others', 'not_in_bulk', (of) => world.decide(of, 'hana', 'deny', { burst: list })],
  [
    'use by a tool',
    'credential_superseded',
    (of) => world.gate(of, world.accessToken(of, 'crd_00000000000000000000000001' as CredentialId)),
  ],
  [
    'delegation',
    'unknown_request',
    async (of) =>
      world.delegate({ ...of, ask: { ...of.ask, agent: { ...of.ask.agent, id: remediator } } }, builder.id as AgentId),
  ],
]

test.each(giving)('an approved change of the registry has no %s', async (_door, code, ask) => {
  expect(await ask(await approved())).toMatchObject({ ok: false, code })
})
