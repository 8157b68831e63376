import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeEntries } from '../../../../client/mcp/import/make-entry.ts'
import { Copy } from '../../../policies/sample.ts'
import { root } from '../../../support/repository.ts'
import { Terminal } from '../../support/terminal.ts'

const listing = join(__dirname, '../support/listing-server.mjs')
const text = { type: 'string' }

let at: Terminal
beforeEach(() => {
  at = new Terminal({ PATH: process.env['PATH'] })
})
afterEach(() => at.close())

type Tool = { name: string; inputSchema: object; annotations?: object }
const tool = (name: string, properties: object, required: readonly string[] = Object.keys(properties)): Tool => ({
  name,
  inputSchema: { type: 'object', properties, required },
})

/** Imports from a server that has these tools. */
async function imported(pages: readonly (readonly Tool[])[], ...options: readonly string[]) {
  const file = join(at.home, 'listing.json')
  writeFileSync(file, JSON.stringify({ server: { name: 'files', version: '1.2.0' }, pages }))
  const words = ['mcp', 'import', ...options, '--json', '--', process.execPath, listing, file, 'sesame']
  const { exit, out } = await at.type(...words)
  return { exit, body: JSON.parse(out) }
}
const draftOf = (action: string, folder = 'drafts') =>
  JSON.parse(readFileSync(join(at.home, 'mcp-files', folder, `files.${action}.json`), 'utf8'))

const listOf = (items: object) => ({ type: 'array', items })
const branch = (kind: string, more: object = {}) => ({
  type: 'object',
  properties: { kind: { const: kind }, ...more },
  required: ['kind'],
})

const decided = ['--tool', 'tool:flag-service', '--group', 'files', '--max-length', '500', '--integers', '0..99']

test('a whole entry compiles in a policy folder, with the tool of the server in it', async () => {
  const { exit, body } = await imported(
    [
      [tool('put_file', { path: text, content: text }), tool('tail', { path: text, lines: { type: 'number' } })],
      [
        tool('set-mode', { path: text, mode: { enum: ['safe', 'fast'] }, in: { type: ['string', 'null'] } }, ['path']),
        tool('list roots', {}),
        tool('spread', { path: text, ratio: { type: 'integer', minimum: 1, exclusiveMaximum: 5 } }),
      ],
    ],
    ...decided,
    ...['--resource', 'path'],
  )
  expect(exit).toBe(0)
  expect(body.tools.map((each: { state: string; action: string }) => [each.state, each.action])).toEqual([
    ['whole', 'files:PutFile'],
    ['whole', 'files:Tail'],
    ['whole', 'files:SetMode'],
    ['whole', 'files:ListRoots'],
    ['whole', 'files:Spread'],
  ])
  using folder = new Copy()
  const actions = join(at.home, 'mcp-files/actions')
  cpSync(actions, folder.at('policies/actions'), { recursive: true })
  const cases = readdirSync(actions).map((file) => {
    const { name, arguments: args } = draftOf(file.slice('files.'.length, -'.json'.length), 'actions')
    const values = { path: 'notes/a', content: 'x', lines: 3, ratio: 4 }
    const given = args.required.map((each: keyof typeof values) => [each, values[each]])
    const ask = { agent: 'agent:remediator', action: name, purpose: 'x', arguments: Object.fromEntries(given) }
    return { name: `${name} has no policy yet`, ask, expect: { refused: 'policy_denied' } }
  })
  folder.add('policies/cases/files.json', JSON.stringify({ cases }))
  const out = folder.at('bundle.json')
  const check = ['policy', 'check', folder.at('policies'), '--deployment', folder.at('deployment.json')]
  expect(
    spawnSync(process.execPath, [join(root, 'client/hotwork.ts'), ...check, '--write-schema', '--out', out], {
      encoding: 'utf8',
    }),
  ).toMatchObject({ status: 0, stderr: '' })
  const { actions: compiled } = JSON.parse(readFileSync(out, 'utf8'))
  expect(compiled['files:PutFile'].mcp).toEqual({
    server: { name: 'files', version: '1.2.0' },
    tool: 'put_file',
    schema: body.tools[0].schema,
  })
  expect(compiled['files:Spread'].arguments.properties.ratio).toEqual({ type: 'integer', minimum: 1, maximum: 4 })
  expect(compiled['files:SetMode'].arguments.properties.mode).toEqual({
    type: 'string',
    maxLength: 4,
    enum: ['safe', 'fast'],
  })
})

test("a draft names a person's open questions, and does not compile without answers", async () => {
  const { body } = await imported([[tool('write_file', { path: text, content: text, times: { type: 'integer' } })]])
  expect(body.tools[0]).toMatchObject({ state: 'draft', file: 'drafts/files.write-file.json' })
  expect(body.tools[0].decide.map((each: string) => /^`(\w+)`/.exec(each)?.[1])).toEqual([
    'tool',
    'group',
    'resource',
    'path',
    'content',
    'times',
  ])
  using folder = new Copy()
  folder.add('policies/actions/files.write-file.json', JSON.stringify(draftOf('write-file')))
  const compiled = folder.compile()
  expect(compiled.ok ? [] : compiled.problems.map(({ message }) => message).join('\n')).toContain('decide')
})

test('a tool without a closed form gets no entry, with the reason', async () => {
  const needing = (a: object) => ({ type: 'object', properties: { a }, required: ['a'] })
  const odd: [why: string, schema: object][] = [
    ['`a` is required, and it is a list of anything', needing({ type: 'array' })],
    [
      '`a` is required, and it is a list, and of each item it is a list of anything',
      needing(listOf({ type: 'array' })),
    ],
    [
      'it lies deeper than 5 levels',
      { ...needing({ $ref: '#/$defs/tree' }), $defs: { tree: listOf({ $ref: '#/$defs/tree' }) } },
    ],
    [
      'in whose branches `size` has several types',
      needing({ oneOf: [branch('a', { size: text }), branch('b', { size: { type: 'boolean' } })] }),
    ],
    ['`a` is required, and its schema has `oneOf`', needing({ oneOf: [branch('a'), branch('a')] })],
    ['`a` is required, and it is an object of any members', needing({ type: 'object' })],
    ['`a` is required, and its schema has `oneOf`', needing({ oneOf: [] })],
    ['`a` is required, and its schema has `$ref`', needing({ $ref: '#' })],
    ['`a` is required, and its schema says no type', needing({})],
    ['`a` is required, and it is one of several values that are not all text', needing({ enum: ['x', 1] })],
    ['the arguments depend on it', { type: 'object', properties: { a: text }, anyOf: [{}] }],
    ['it requires `b`, which it does not name', { type: 'object', properties: { a: text }, required: ['b'] }],
  ]
  const tools = odd.map(([, inputSchema], at) => ({ name: `odd${at}`, inputSchema }))
  const { body } = await imported([tools], ...decided)
  expect(body.tools.map(({ state }: { state: string }) => state)).toEqual(odd.map(() => 'none'))
  expect(body.tools.flatMap(({ notes }: { notes: string[] }) => notes)).toEqual(
    odd.map(([why]) => expect.stringContaining(why)),
  )
  expect(JSON.parse(readFileSync(join(at.home, 'mcp-files/map.json'), 'utf8')).tools).toEqual({})
})

test.each([
  ['the task', { type: 'object', properties: { hotwork_task: text } }],
  ['the reason', { type: 'object', properties: { hotwork_why: text } }],
])(
  'a tool whose schema has the member of %s that the gate adds gets no entry: `tool_changed`',
  async (_, inputSchema) => {
    const { body } = await imported([[{ name: 'own', inputSchema }]], ...decided)
    expect(body.tools).toMatchObject([
      { state: 'none', notes: [expect.stringMatching(/^tool_changed: .*hotwork_task/)] },
    ])
  },
)

test('lists, objects, decimals and branches of a server are closed', async () => {
  const settings = {
    ...{ type: 'object', properties: { ratio: { type: 'number', minimum: 0.12345, exclusiveMaximum: 2 }, note: text } },
    required: ['ratio'],
  }
  const loop = { anyOf: [{ $ref: '#/$defs/Loop' }, listOf({ type: 'array' })] }
  const properties = {
    path: text,
    ids: { ...listOf({ type: 'integer', minimum: 1, maximum: 9 }), minItems: 1, maxItems: 20, uniqueItems: true },
    many: { anyOf: [listOf({ type: 'string', maxLength: 3 }), { type: 'null' }] },
    settings: { $ref: '#/$defs/Settings' },
    change: { oneOf: [branch('stop'), branch('resize', { size: { type: 'integer', minimum: 0, maximum: 9 } })] },
    flag: { anyOf: [{ type: 'boolean' }, { type: 'string', maxLength: 5 }] },
    command: { anyOf: [{ type: 'string', maxLength: 9 }, listOf({ type: 'string' })] },
    self: { anyOf: [{ $ref: '#/$defs/Loop' }, { type: 'string', maxLength: 7 }] },
  }
  const tools = [
    {
      name: 'apply',
      inputSchema: { type: 'object', properties, required: ['path'], $defs: { Settings: settings, Loop: loop } },
    },
  ]
  const { body } = await imported([tools], ...decided, '--resource', 'path')
  expect(body.tools[0]).toMatchObject({
    state: 'whole',
    notes: expect.arrayContaining(["`command` takes form 1 of the server's 2 alone"]),
  })
  const { arguments: closed } = draftOf('apply', 'actions')
  expect(closed.properties).toMatchObject({
    ids: { type: 'array', items: { type: 'integer', minimum: 1, maximum: 9 }, minItems: 1, maxItems: 20 },
    many: { type: 'array', items: { type: 'string', maxLength: 3 }, maxItems: 100 },
    settings: {
      additionalProperties: false,
      properties: { ratio: { type: 'number', minimum: 0.1235, maximum: 1.9999 }, note: { maxLength: 500 } },
      required: ['ratio'],
    },
    change: { oneOf: [{ properties: { kind: { const: 'stop' } } }, { properties: { kind: { const: 'resize' } } }] },
    flag: { type: ['boolean', 'string'], maxLength: 5 },
    command: { type: 'string', maxLength: 9 },
    self: { type: 'string', maxLength: 7 },
  })
  using folder = new Copy()
  cpSync(join(at.home, 'mcp-files/actions'), folder.at('policies/actions'), { recursive: true })
  const compiled = folder.compile()
  const said = compiled.ok ? [] : compiled.problems.map(({ message }) => message)
  expect(said.filter((message) => !/resources.json|generated/.test(message))).toEqual([])
})

test('an optional argument without a closed form is left out, and no call can give it', async () => {
  const { body } = await imported([[tool('find', { path: text, skip: { type: 'array' } }, ['path'])]], ...decided)
  expect(body.tools[0].notes).toEqual([expect.stringMatching(/`skip` is left out/)])
  expect(Object.keys(draftOf('find').arguments.properties)).toEqual(['path'])
})

test('a server that calls its tool harmless is not believed', async () => {
  const harmless = { ...tool('wipe', {}), annotations: { readOnlyHint: true, destructiveHint: false } }
  const { body } = await imported([[harmless]], ...decided)
  expect(draftOf('wipe', 'actions')).toMatchObject({ mutates: true, undo: { possible: false } })
  expect(body.tools[0].says).toEqual(['readOnlyHint true', 'destructiveHint false'])
})

test('two tools never become one action, and a name with an invisible character becomes none', async () => {
  const { body } = await imported(
    [[tool('write_file', {}), tool('write-file', {}), tool('w\u202erite', {})]],
    ...decided,
  )
  expect(body.tools.map(({ state }: { state: string }) => state)).toEqual(['whole', 'none', 'none'])
})

test('an unreadable tool, or one whose file is taken, does not stop the others', () => {
  let deep: object = { type: 'string' }
  for (let depth = 0; depth < 20_000; depth++) deep = { type: 'object', properties: { deep } }
  const path = (schema: object) => ({ type: 'object', required: ['path'], properties: { path: schema } })
  const values = Array.from({ length: 300_000 }, (_, count) => `v${count}`)
  const tools = [
    { name: 'deep', inputSchema: deep },
    { name: 'half', inputSchema: { type: 'object', description: '\ud800' } },
    { name: 'many', inputSchema: path({ type: 'string', enum: values }) },
    { name: 'readFile', inputSchema: path({ type: 'string', maxLength: 8 }) },
    { name: 'readFILE', inputSchema: path({ type: 'string', maxLength: 8 }) },
  ]
  const made = makeEntries(tools, { name: 'files', version: '1' }, { name: 'files', resource: ['path'] })
  expect(made.map(({ tool, state }) => `${tool} ${state}`)).toEqual([
    'deep none',
    'half none',
    'many none',
    'readFile draft',
    'readFILE none',
  ])
})

test('the map names each action with the digest of its schema', async () => {
  const { body } = await imported([[tool('a', {}), tool('b', { path: text })]])
  expect(JSON.parse(readFileSync(join(at.home, 'mcp-files/map.json'), 'utf8'))).toEqual({
    server: { name: 'files', version: '1.2.0' },
    tools: {
      a: { action: 'files:A', schema: body.tools[0].schema },
      b: { action: 'files:B', schema: body.tools[1].schema },
    },
  })
  expect(body.tools[0].schema).toMatch(/^sha-256:[\w-]{43}$/)
})

test('an import overwrites nothing', async () => {
  await imported([[tool('a', {})]])
  expect(await imported([[tool('b', {})]])).toMatchObject({ exit: 2, body: { error: 'usage' } })
  expect(existsSync(join(at.home, 'mcp-files/drafts/files.b.json'))).toBe(false)
})

test('the server gets the environment without the identities of agent and tool', async () => {
  Object.assign(at.env, { GITHUB_TOKEN: 'its own', HOTWORK_TOOL_TOKEN_FILE: 'x', HOTWORK_WORKLOAD_TOKEN_FILE: 'y' })
  await imported([[]])
  const env = JSON.parse(readFileSync(join(at.home, 'listing.json.env'), 'utf8'))
  expect(env).toMatchObject({ GITHUB_TOKEN: 'its own' })
  expect(Object.keys(env).filter((name) => name.startsWith('HOTWORK'))).toEqual([])
})

test.each<[what: string, command: string[], exit: number]>([
  ['is not there', ['no-such-server'], 2],
  ['ends at once', [process.execPath, '-e', '', 'sesame'], 1],
  ['is no MCP server', [process.execPath, '-e', 'console.log("hello")', 'sesame'], 1],
])('a server that %s is named without its arguments, and nothing is written', async (_, command, exit) => {
  const ran = await at.type('mcp', 'import', '--', ...command)
  expect(ran).toMatchObject({ exit, out: '', err: expect.stringContaining(`\`${command[0]}\``) })
  expect(ran.err).not.toContain('sesame')
  expect(readdirSync(at.home)).toEqual([])
})

test('people read which entries are whole, what to decide, and what comes next', async () => {
  const file = join(at.home, 'listing.json')
  const pages = [[tool('list', {}), tool('write_file', { path: text })]]
  writeFileSync(file, JSON.stringify({ server: { name: 'files', version: '1.2.0' }, pages }))
  const { out } = await at.type('mcp', 'import', ...decided, '--', process.execPath, listing, file)
  expect(out).toMatch(/^list +compiles +actions\/files\.list\.json$/m)
  expect(out).toMatch(/^write_file +decide +drafts\/files\.write-file\.json$/m)
  expect(out).toContain('  decide   `resource`: the argument that names its resource (`--resource`): `path`')
  expect(out).toContain('npx --no-install hotwork mcp --map mcp-files/map.json -- CMD')
})
