import { createInterface } from 'node:readline'

/**
 * Plays Claude Code for the Claude Agent SDK, on stdin and stdout: its model makes the calls of `SCRIPT` in one turn.
 * Hooks and permissions are asked in the order and the form of Claude Code 2.1.332, which is 390 MB and not installed.
 */

type Call = { id: string; tool: string; input: object }
type Message = { [name: string]: unknown }
type Matcher = { hookCallbackIds: string[] }

const calls = JSON.parse(process.env['SCRIPT'] ?? '[]') as Call[]
const session_id = '00000000-0000-4000-8000-000000000000'
const send = (message: Message) => process.stdout.write(`${JSON.stringify(message)}\n`)

let hooks: { [event: string]: Matcher[] } = {}
let asked = 0
const waiting = new Map<string, (response: Message) => void>()
const ask = (request: Message): Promise<Message> =>
  new Promise((resolve) => {
    const request_id = `asked-${++asked}`
    waiting.set(request_id, resolve)
    send({ type: 'control_request', request_id, request })
  })

async function runHooks(event: string, { id, tool, input }: Call, more: object = {}): Promise<Message> {
  const common = { hook_event_name: event, session_id, transcript_path: '', cwd: process.cwd() }
  const told = { ...common, tool_name: tool, tool_input: input, tool_use_id: id, ...more }
  for (const { hookCallbackIds } of hooks[event] ?? [])
    for (const callback_id of hookCallbackIds) {
      const answer = await ask({ subtype: 'hook_callback', callback_id, input: told, tool_use_id: id })
      const { permissionDecision } = Object(answer['hookSpecificOutput']) as Message
      if (permissionDecision !== undefined) return answer['hookSpecificOutput'] as Message
    }
  return {}
}

async function callTool(call: Call): Promise<{ text: string; isError: boolean }> {
  const before = await runHooks('PreToolUse', call)
  if (before['permissionDecision'] === 'deny')
    return { text: String(before['permissionDecisionReason']), isError: true }
  let input = (before['updatedInput'] ?? call.input) as object
  const { ALLOWED, ASKS_AFTER_HOOKS } = process.env
  if (ASKS_AFTER_HOOKS || (before['permissionDecision'] !== 'allow' && !ALLOWED)) {
    const asks = { subtype: 'can_use_tool', tool_name: call.tool, input, tool_use_id: call.id }
    const permission = await ask(asks)
    if (permission['behavior'] !== 'allow') return { text: String(permission['message']), isError: true }
    input = (permission['updatedInput'] ?? input) as object
  }
  const [, server_name = '', name = ''] = call.tool.split('__')
  const params = { name, arguments: input, _meta: { 'claudecode/toolUseId': call.id } }
  const message = { jsonrpc: '2.0', id: ++asked, method: 'tools/call', params }
  const { mcp_response } = (await ask({ subtype: 'mcp_message', server_name, message })) as {
    mcp_response: { result: { content: { text: string }[]; isError?: boolean } }
  }
  const { content, isError = false } = mcp_response.result
  const text = content.map((part) => part.text).join('')
  await runHooks(isError ? 'PostToolUseFailure' : 'PostToolUse', { ...call, input }, isError ? { error: text } : {})
  return { text, isError }
}

async function takeTurn(): Promise<void> {
  send({
    type: 'system',
    subtype: 'init',
    session_id,
    tools: [],
    mcp_servers: [],
    model: 'scripted',
    cwd: process.cwd(),
  })
  const uses = calls.map(({ id, tool: name, input }) => ({ type: 'tool_use', id, name, input }))
  send({ type: 'assistant', session_id, parent_tool_use_id: null, message: { role: 'assistant', content: uses } })
  // It runs calls that may change something one after the other.
  for (const call of calls) {
    const { text, isError } = await callTool(call)
    const content = [{ type: 'tool_result', tool_use_id: call.id, content: text, is_error: isError }]
    send({ type: 'user', session_id, parent_tool_use_id: null, message: { role: 'user', content } })
  }
  send({
    type: 'result',
    subtype: 'success',
    session_id,
    is_error: false,
    result: 'done',
    num_turns: 2,
    duration_ms: 1,
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { type, request_id, request, response } = JSON.parse(line) as {
    type: string
    request_id: string
    request: { subtype: string; hooks?: typeof hooks }
    response: { request_id: string; response: Message }
  }
  if (type === 'control_response') waiting.get(response.request_id)?.(response.response ?? {})
  if (type === 'user') void takeTurn()
  if (type !== 'control_request') continue
  if (request.subtype === 'initialize') hooks = request.hooks ?? {}
  const initialized = {
    commands: [],
    agents: [],
    models: [],
    account: {},
    hooks_applied: true,
    hook_on_failure_supported: true,
  }
  send({ type: 'control_response', response: { subtype: 'success', request_id, response: initialized } })
}
