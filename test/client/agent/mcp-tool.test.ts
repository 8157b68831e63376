import type { GateAsk } from '../../../client/gate.ts'
import type { Approved, McpTool, Permit, PermitCall } from '../../../client/index.ts'
import type { CatalogueEntry } from '../../../functions/domain/policy/catalogue.ts'
import { otherTools } from '../../support/mcp-tool.ts'
import { gateIn, hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** A call of an MCP server's tool, from the ask to the use: it is bound to that tool of that server. */

const scene = useScene()
const action = 'files:WriteFile'
const args = { path: 'staging/checkout.yaml', content: 'retries: 3\n' }
const url = 'https://files.example.org/mcp'
const setFlag = { action: 'flags:set', arguments: { environment: 'staging', flag: 'express-checkout', value: true } }
const folder = useFolder()
/** The remediation bot writes in staging by itself. */
const ask = (changes: Partial<PermitCall> = {}): Promise<Permit> =>
  hotworkIn(scene, folder()).permit({
    action,
    arguments: args,
    purpose: 'remediation',
    parentTask: { id: 'INC-1042' },
    wait: 0,
    ...changes,
  })

const entry = () => scene.api.world.policy.bundle.actions[action] as CatalogueEntry
const known = () => entry().mcp as McpTool
/** The catalogued tool, changed in the member that this one of `otherTools` changes. */
const changed = (other: McpTool): McpTool => ({
  server: {
    name: other.server.name === 'secure-filesystem-server' ? known().server.name : other.server.name,
    version: other.server.version === '0.2.0' ? known().server.version : other.server.version,
  },
  tool: other.tool === 'write_file' ? known().tool : other.tool,
  schema: other.schema.includes('w'.repeat(43)) ? known().schema : other.schema,
})

const begin = async (permit: Approved, changes: Partial<GateAsk> = {}) => {
  const headers = { Authorization: `DPoP ${await permit.token()}`, DPoP: await permit.proof('POST', url) }
  return gateIn(scene, folder(), 'tool-files-gate').begin({
    headers,
    method: 'POST',
    url,
    action,
    arguments: args,
    ...changes,
  })
}
const asked = async (permit: Permit) => (await scene.state((permit as Approved).request)).ask

test('a request has the catalogue’s tool, whether or not its agent names it', async () => {
  const [said, unsaid] = [await ask({ mcp: known() }), await ask({ parentTask: { id: 'INC-1043' } })]
  expect([said.outcome, unsaid.outcome]).toEqual(['approved', 'approved'])
  expect((await asked(said)).mcp).toEqual(known())
  expect((await asked(unsaid)).mcp).toEqual(known())
})

test.each(otherTools)('a call whose tool has a changed %s is refused as `tool_changed`', async (_, other) => {
  expect(await ask({ mcp: changed(other) })).toMatchObject({
    outcome: 'refused',
    reason: 'tool_changed',
    detail: expect.stringContaining('the catalogue has'),
  })
  expect(await scene.requests()).toEqual([])
})

test('a request has its agent’s tool if the catalogue names none', async () => {
  const mcp = { ...known(), tool: 'set_flag' }
  const permit = await ask({ ...setFlag, mcp })
  expect((await asked(permit)).mcp).toEqual(mcp)
})

test('the same call of another tool is another request', async () => {
  const of = async (mcp?: McpTool) => ((await ask({ ...setFlag, ...(mcp && { mcp }) })) as Approved).request
  const other = { ...known(), tool: 'set_flag' }
  expect(new Set([await of(), await of(known()), await of(other)]).size).toBe(3)
})

test('a call id stands for a call of one tool', async () => {
  const first = (await ask({ ...setFlag, callId: 'one', mcp: known() })) as Approved
  const again = (await ask({ ...setFlag, callId: 'one', mcp: known() })) as Approved
  expect(again.request).toBe(first.request)
  const other = ask({ ...setFlag, callId: 'one', mcp: { ...known(), tool: 'set_flag' } })
  await expect(other).rejects.toThrow('used for a different call')
})

test('a gate begins the use of the approved tool', async () => {
  const permit = (await ask()) as Approved
  expect(await begin(permit, { mcp: known() })).toMatchObject({ permitted: true })
})

test.each(otherTools)('a gate whose tool has a changed %s begins no use, and that is on record', async (_, other) => {
  const permit = (await ask()) as Approved
  expect(await begin(permit, { mcp: changed(other) })).toMatchObject({ permitted: false, reason: 'tool_changed' })
  expect(JSON.stringify(await scene.api.world.ledger.entries('tool:files-gate'))).toContain('tool_changed')
})

describe('a catalogue whose tool has changed since the approval', () => {
  let sample: CatalogueEntry
  beforeEach(() => {
    sample = entry()
  })
  // All tests share one bundle.
  afterEach(() => put(sample))
  const put = (whole: CatalogueEntry) => Object.assign(scene.api.world.policy.bundle.actions, { [action]: whole })
  const changeCatalogue = () => {
    const mcp = { ...known(), server: { ...known().server, version: '0.3.0' } } as CatalogueEntry['mcp']
    put({ ...entry(), mcp })
  }

  test('no token is issued for a tool that changed after its approval', async () => {
    const permit = (await ask()) as Approved
    changeCatalogue()
    await expect(permit.token()).rejects.toThrow('policy_denied')
  })

  test('no use is begun with an earlier token for a changed tool', async () => {
    const permit = (await ask()) as Approved
    await permit.token()
    changeCatalogue()
    expect(await begin(permit)).toMatchObject({ permitted: false, reason: 'policy_denied' })
  })
})

test.each([
  ['a control character', { tool: 'write\u0000file' }],
  ['more characters than fit', { tool: 'a'.repeat(129) }],
  ['no digest', { schema: 'md5:1' }],
])('a tool with %s is no call, and the member is named', async (_, wrong) => {
  await expect(ask({ mcp: { ...known(), ...wrong } })).rejects.toThrow(
    /context\.mcp|does not match the schema of this endpoint/,
  )
})

const tools = async (subject?: string) => {
  const authorization = subject === undefined ? 'Bearer e30.e30.e30' : `Bearer ${scene.workload(subject)}`
  const response = await fetch(`${scene.api.url}/v1/mcp-tools`, { headers: { authorization } })
  return { status: response.status, body: (await response.json()) as { type?: string } }
}

test('a gate reads the catalogued tools of its server', async () => {
  const body = { caller: 'tool:files-gate', tools: [{ action, ...known() }] }
  expect(await tools('tool-files-gate')).toEqual({ status: 200, body })
  expect(await tools('tool-flag-service')).toEqual({ status: 200, body: { caller: 'tool:flag-service', tools: [] } })
})

test.each(['agent:builder', 'owner=person:lena', 'all'])(
  'a gate learns that a halt of %s stops an agent, whose calls need no permit',
  async (target) => {
    expect((await scene.at('gus').type('halt', target, '--reason', 'INC-1: it does odd things')).exit).toBe(0)
    const { status, body } = await tools('agent-builder')
    expect([status, body.type]).toEqual([403, `${scene.api.url}/problems/halted`])
  },
)

test('a gate learns that an agent is suspended', async () => {
  expect((await tools('agent-librarian')).status).toBe(409)
})

test('a gate learns from an agent’s token which agent calls it, and refuses an invalid one', async () => {
  expect(await tools('agent-builder')).toEqual({ status: 200, body: { caller: 'agent:builder', tools: [] } })
  expect((await tools()).status).toBe(401)
  expect((await tools('person-ana')).status).toBe(401)
})
