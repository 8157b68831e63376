import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  type GetPromptResult,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  type ServerNotification,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js'

/**
 * A program: the server for the protocol's own conformance (`@modelcontextprotocol/conformance`), on stdio, or with
 * `--http` at an address that it prints.
 */

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='
const wav = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA='
const text = (words: string) => ({ type: 'text' as const, text: words })
const image = { type: 'image' as const, data: png, mimeType: 'image/png' }
const resource = (uri: string, mimeType: string, words: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: words },
})

type Asking = {
  args: { [name: string]: unknown }
  token: string | number | undefined
  notify: (notification: ServerNotification) => Promise<void>
  server: Server
}
type Answer = CallToolResult | Promise<CallToolResult>
const says = (...content: CallToolResult['content']): CallToolResult => ({ content })
const anything = { type: 'object' as const }
const inputs = (...names: string[]) => ({
  type: 'object' as const,
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  required: names,
})

async function elicit({ server }: Asking, message: string, requestedSchema: object): Promise<string> {
  const params = { message, requestedSchema }
  const { action, content = {} } = await server.request(
    { method: 'elicitation/create', params } as never,
    ElicitResultSchema,
  )
  return `action=${action}, content=${JSON.stringify(content)}`
}

const defaults = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
  required: [],
}
const titled = (...values: string[]) => values.map((value) => ({ const: value, title: `The ${value}` }))
const enums = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
    titledSingle: { type: 'string', oneOf: titled('value1', 'value2', 'value3') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { type: 'string', enum: ['option1', 'option2'] } },
    titledMulti: { type: 'array', minItems: 1, maxItems: 3, items: { anyOf: titled('value1', 'value2', 'value3') } },
  },
  required: [],
}

const tools: { [name: string]: { inputSchema: { type: 'object' }; call: (asking: Asking) => Answer } } = {
  test_simple_text: { inputSchema: anything, call: () => says(text('This is a simple text response for testing.')) },
  test_image_content: { inputSchema: anything, call: () => says(image) },
  test_audio_content: { inputSchema: anything, call: () => says({ type: 'audio', data: wav, mimeType: 'audio/wav' }) },
  test_embedded_resource: {
    inputSchema: anything,
    call: () => says(resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')),
  },
  test_multiple_content_types: {
    inputSchema: anything,
    call: () =>
      says(
        text('Multiple content types test:'),
        image,
        resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
      ),
  },
  test_tool_with_logging: {
    inputSchema: anything,
    async call({ notify }) {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed'])
        await notify({ method: 'notifications/message', params: { level: 'info', data } })
      return says(text('Tool with logging executed successfully'))
    },
  },
  test_tool_with_progress: {
    inputSchema: anything,
    async call({ notify, token = 0 }) {
      for (const progress of [0, 50, 100])
        await notify({ method: 'notifications/progress', params: { progressToken: token, progress, total: 100 } })
      return says(text(String(token)))
    },
  },
  test_error_handling: {
    inputSchema: anything,
    call: () => ({ ...says(text('This tool intentionally returns an error for testing')), isError: true }),
  },
  test_sampling: {
    inputSchema: inputs('prompt'),
    async call({ server, args }) {
      const content = text(String(args['prompt']))
      const answer = await server.createMessage({ messages: [{ role: 'user', content }], maxTokens: 100 })
      return says(text(`LLM response: ${(answer.content as { text?: string }).text}`))
    },
  },
  test_elicitation: {
    inputSchema: inputs('message'),
    async call(asking) {
      const schema = { type: 'object', properties: { response: { type: 'string' } }, required: ['response'] }
      return says(text(`User response: ${await elicit(asking, String(asking.args['message']), schema)}`))
    },
  },
  test_elicitation_sep1034_defaults: {
    inputSchema: anything,
    call: async (asking) => says(text(`Elicitation completed: ${await elicit(asking, 'The defaults?', defaults)}`)),
  },
  test_elicitation_sep1330_enums: {
    inputSchema: anything,
    call: async (asking) => says(text(`Elicitation completed: ${await elicit(asking, 'Which ones?', enums)}`)),
  },
  json_schema_2020_12_tool: {
    inputSchema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
      properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
      additionalProperties: false,
    } as { type: 'object' },
    call: ({ args }) => says(text(`JSON Schema 2020-12 tool called with: ${JSON.stringify(args)}`)),
  },
}

const resources = [
  { uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' },
  { uri: 'test://static-binary', name: 'static-binary', mimeType: 'image/png' },
  { uri: 'test://watched-resource', name: 'watched-resource', mimeType: 'text/plain' },
]

function contentsOf(uri: string) {
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: png }
  const [, id] = /^test:\/\/template\/(\w+)\/data$/.exec(uri) ?? []
  if (id === undefined) return { uri, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }
  const data = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` })
  return { uri, mimeType: 'application/json', text: data }
}

const user = (...contents: GetPromptResult['messages'][number]['content'][]): GetPromptResult => ({
  messages: contents.map((content) => ({ role: 'user', content })),
})
const prompts: { [name: string]: { takes: string[]; get: (args: { [name: string]: string }) => GetPromptResult } } = {
  test_simple_prompt: { takes: [], get: () => user(text('This is a simple prompt for testing.')) },
  test_prompt_with_arguments: {
    takes: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) => user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  test_prompt_with_embedded_resource: {
    takes: ['resourceUri'],
    get: ({ resourceUri = '' }) =>
      user(
        resource(resourceUri, 'text/plain', 'Embedded resource content for testing.'),
        text('Please process the embedded resource above.'),
      ),
  },
  test_prompt_with_image: { takes: [], get: () => user(image, text('Please analyze the image above.')) },
}

function makeServer(): Server {
  const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {}, logging: {}, completions: {} }
  const server = new Server({ name: 'conformance', version: '1.0.0' }, { capabilities })
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, { inputSchema }]) => ({
      name,
      description: `Tests ${name}`,
      inputSchema,
    })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { sendNotification, _meta }) => {
    const tool = tools[params.name]
    if (!tool) throw new Error(`no tool ${params.name}`)
    return tool.call({ args: params.arguments ?? {}, token: _meta?.progressToken, notify: sendNotification, server })
  })
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' }],
  }))
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({ contents: [contentsOf(params.uri)] }))
  server.setRequestHandler(SubscribeRequestSchema, () => ({}))
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}))
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(prompts).map(([name, { takes }]) => ({
      ...{ name, description: `Tests ${name}` },
      arguments: takes.map((argument) => ({ name: argument, required: true })),
    })),
  }))
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = prompts[params.name]
    if (!prompt) throw new Error(`no prompt ${params.name}`)
    return prompt.get(params.arguments ?? {})
  })
  server.setRequestHandler(SetLevelRequestSchema, () => ({}))
  server.setRequestHandler(CompleteRequestSchema, () => ({ completion: { values: [], total: 0, hasMore: false } }))
  return server
}

async function serveHttp(): Promise<void> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport),
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${port}`, `localhost:${port}`],
      allowedOrigins: [`http://127.0.0.1:${port}`, `http://localhost:${port}`],
    })
    await makeServer().connect(transport as never)
    return transport
  }
  const listener = createServer(async (request, response) => {
    const body = request.method === 'POST' ? await readBody(request) : undefined
    const known = sessions.get(String(request.headers['mcp-session-id']))
    await (known ?? (await open())).handleRequest(request, response, body)
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  console.log(`http://127.0.0.1:${port}/mcp`)
}

const readBody = (request: IncomingMessage): Promise<unknown> => json(request).catch(() => undefined)

if (process.argv.includes('--http')) await serveHttp()
else await makeServer().connect(new StdioServerTransport())
