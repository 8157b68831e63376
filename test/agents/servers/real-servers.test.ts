import { Machine } from '../support/gate.ts'
import { HotworkInMemory } from '../support/hotwork-in-memory.ts'
import { type Connection, endPythonHosts, hosts } from '../support/mcp-hosts.ts'
import { serversBundle } from '../support/policies.ts'
import { servers, type TestedServer } from '../support/servers.ts'
import { pairs } from '../table/pairs.ts'

/** Unmodified servers and clients from npm and PyPI, with the gate between them. */

const bundle = serversBundle()
const hotwork = new HotworkInMemory()
let machine: Machine
beforeAll(async () => {
  await hotwork.open(bundle)
  // The arguments contain Ana's verdict.
  hotwork.decides = ({ ask }) => (JSON.stringify(ask.arguments).includes('denied') ? 'deny' : 'approve')
  machine = new Machine(hotwork, bundle)
})
afterAll(async () => {
  endPythonHosts()
  await hotwork.close()
  machine.close()
})

describe.each(pairs)('%s under %s', (serverName, hostName) => {
  const host = hosts[hostName]
  const label = (word: string) => `${word}-${serverName}-${hostName}`
  let server: TestedServer
  /** The server without the gate; AWS's takes too long to start it twice. */
  let bare: Connection | undefined
  let gated: Connection
  beforeAll(async () => {
    server = await servers[serverName]()
    const { pass } = server
    const behind = machine.gate(server.start, { actions: [server.gated.action], passed: pass ? [pass.tool] : [] })
    const alone = serverName === 'awsApi' ? undefined : host.connect(server.start)
    ;[bare, gated] = await Promise.all([alone, host.connect(behind)])
  })
  afterAll(async () => {
    await Promise.all([bare?.close(), gated.close()])
    await server.close()
  })
  const call = (connection: Connection, word: string) =>
    connection.call(server.gated.tool, server.gated.args(label(word)))

  test("a gate lists the server's tools, each with the gate's part", async () => {
    const all = await gated.tools()
    const behind = all.filter(({ name }) => !name.startsWith('hotwork_'))
    expect(all.length).toBe(behind.length + 2)
    const before = bare ? await bare.tools() : behind.map(({ name }) => ({ name, description: '' }))
    expect(behind.map(({ name }) => name)).toEqual(before.map(({ name }) => name))
    expect(behind.map(({ name }) => name)).toContain(server.gated.tool)
    for (const { name, description } of before) {
      const added = (behind.find((tool) => tool.name === name)?.description ?? '').replace(description, '')
      if (name === server.pass?.tool) expect(added).toBe('')
      else expect(added).toMatch(name === server.gated.tool ? /people/ : /refuse/)
    }
  })

  test('a passing call is answered as without the gate', async () => {
    const { pass } = server
    if (!pass || !bare) return
    const [before, behind] = await Promise.all([bare.call(pass.tool, pass.args), gated.call(pass.tool, pass.args)])
    expect(behind).toEqual(before)
    expect(JSON.stringify(behind).length).toBeGreaterThan(20)
  })

  test('an approved call is sent once, and answered as without the gate', async () => {
    const behind = await call(gated, 'approved')
    if (bare) expect(comparable(behind)).toEqual(comparable(await call(bare, 'plain')))
    expect(behind).not.toMatchObject({ isError: true })
    expect(machine.sent(label('approved'))).toBe(1)
    expectEffects('approved', 1)
  })

  test('a repeated call has the same answer, and is not sent again', async () => {
    const first = await call(gated, 'approved')
    expect(contentOf(await call(gated, 'approved'))).toEqual(contentOf(first))
    expect(machine.sent(label('approved'))).toBe(1)
    expectEffects('approved', 1)
  })

  test('a denied call is not sent, and is an error for the host', async () => {
    const answer = await call(gated, 'denied').catch((error: Error) => ({ isError: true, content: error.message }))
    expect(answer).toMatchObject({ isError: true })
    expect(JSON.stringify(answer)).toContain('denied')
    expect(machine.sent(label('denied'))).toBe(0)
    expectEffects('denied', 0)
  })

  function expectEffects(word: string, times: number) {
    const found = server.effects(label(word))
    if (!Number.isNaN(found)) expect(found).toBe(times)
  }
})

const contentOf = (result: unknown) => (result as { content: unknown }).content

/**
 * A result without the parts that differ between two calls: labels, times and commits. The gate's own part is in
 * `_meta`.
 */
function comparable(result: unknown): unknown {
  const { _meta, ...rest } = result as { _meta?: unknown }
  const text = JSON.stringify(rest)
    .replaceAll(/(?:plain|approved)-\w+-\w+/g, 'LABEL')
    // LangChain shows it in the text, and then the whole block.
    .replaceAll(/,\\"meta\\":\{\\"hotwork.*?\}\}/g, '')
    .replace(/"content":"\{\\"type\\":\\"text\\",\\"text\\":\\"([^"\\]*)\\"\}"/, '"content":"$1"')
    .replaceAll(/[0-9a-f]{40}/g, 'COMMIT')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, 'DATE')
  return JSON.parse(text)
}
