import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Body = { model?: string; messages?: { content?: unknown }[]; input?: { type?: string }[] }

/**
 * A model that calls one tool once and then is done: over the API of Claude (`/v1/messages`) and of Codex
 * (`/responses`).
 */
export class ScriptedModel {
  url = ''
  /** The arguments of the tool's next call. */
  arguments: object = {}
  /** The results of the calls. */
  readonly results: string[] = []
  readonly #server: string
  readonly #tool: string
  #http!: Server
  #count = 0

  constructor(server: string, tool: string) {
    this.#server = server
    this.#tool = tool
  }

  async open(): Promise<this> {
    this.#http = createServer(async (request, response) => {
      const body = JSON.parse((await text(request)) || '{}') as Body
      if (request.url?.includes('/messages')) return this.#answerClaude(body, response)
      if (request.url?.includes('/responses')) return this.#answerCodex(body, response)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`
    return this
  }

  close(): Promise<void> {
    this.#http.closeAllConnections()
    return new Promise((resolve) => this.#http.close(() => resolve()))
  }

  #answerClaude({ model, messages = [] }: Body, response: ServerResponse): void {
    const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? (content as { type?: string }[]) : []))
    const results = parts.filter(({ type }) => type === 'tool_result')
    this.results.push(...results.map((each) => JSON.stringify(each)))
    const uses = results.length === 0
    const name = `mcp__${this.#server}__${this.#tool}`
    const block = uses
      ? { type: 'tool_use', id: `toolu_${++this.#count}`, name, input: {} }
      : { type: 'text', text: '' }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null }
    const usage = { input_tokens: 1, output_tokens: 1 }
    const delta = uses
      ? { type: 'input_json_delta', partial_json: JSON.stringify(this.arguments) }
      : { type: 'text_delta', text: 'done' }
    stream(response, [
      { type: 'message_start', message: { ...message, stop_sequence: null, usage } },
      { type: 'content_block_start', index: 0, content_block: block },
      { type: 'content_block_delta', index: 0, delta },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: uses ? 'tool_use' : 'end_turn', stop_sequence: null }, usage },
      { type: 'message_stop' },
    ])
  }

  #answerCodex({ input = [] }: Body, response: ServerResponse): void {
    const results = input.filter(({ type = '' }) => type.endsWith('_output'))
    this.results.push(...results.map((each) => JSON.stringify(each)))
    const call = { namespace: `mcp__${this.#server}`, name: this.#tool, arguments: JSON.stringify(this.arguments) }
    const item =
      results.length === 0
        ? { type: 'function_call', id: `fc_${++this.#count}`, call_id: `call_${this.#count}`, ...call }
        : { type: 'message', id: 'm1', role: 'assistant', content: [{ type: 'output_text', text: 'done' }] }
    const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 }
    const none = { input_tokens_details: null, output_tokens_details: null }
    stream(response, [
      { type: 'response.created', response: { id: 'r1' } },
      { type: 'response.output_item.done', output_index: 0, item },
      { type: 'response.completed', response: { id: 'r1', usage: { ...usage, ...none } } },
    ])
  }
}

function stream(response: ServerResponse, events: readonly { type: string; [member: string]: unknown }[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  response.end()
}
