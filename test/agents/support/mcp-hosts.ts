import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createMCPClient } from '@ai-sdk/mcp'
import { Experimental_StdioMCPTransport as AiStdio } from '@ai-sdk/mcp/mcp-stdio'
import { loadMcpTools } from '@langchain/mcp-adapters'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { python, pythonMcp1 } from '../install.ts'
import { connect } from './gate.ts'

/** The command that starts a server. */
export type Started = { command: string; args: string[]; env: { [name: string]: string }; cwd: string }

/** A connection of an MCP host, in the form that all clients share. */
export type Connection = {
  tools(): Promise<{ name: string; description: string }[]>
  /** The result for the host's own code: in its client's form, not always the protocol's. */
  call(name: string, args: { [name: string]: unknown }): Promise<unknown>
  close(): Promise<void>
}

/** An MCP client by other authors. */
type McpHost = { connect(server: Started): Promise<Connection> }

const me = { name: 'host-of-tests', version: '1.0.0' }
const described = (tools: readonly { name: string; description?: string | undefined }[]) =>
  tools.map(({ name, description = '' }) => ({ name, description }))

const official: McpHost = {
  async connect(server) {
    const client = await connect(server)
    return {
      tools: async () => described((await client.listTools()).tools),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    }
  },
}

const first: McpHost = {
  async connect(server) {
    const client = new FirstClient(me)
    await client.connect(new FirstStdio({ ...server, stderr: 'ignore' }))
    return {
      tools: async () => described((await client.listTools()).tools),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    }
  },
}

const aiSdk: McpHost = {
  async connect(server) {
    const client = await createMCPClient({ transport: new AiStdio({ ...server, stderr: 'ignore' }) })
    return {
      tools: async () => described((await client.listTools()).tools),
      call: (name, args) => client.callTool({ name, arguments: args }),
      close: () => client.close(),
    }
  },
}

/** It reads images and errors in its own way: a result with `isError` is thrown. */
const langchain: McpHost = {
  async connect(server) {
    const client = new FirstClient(me)
    await client.connect(new FirstStdio({ ...server, stderr: 'ignore' }))
    const tools = await loadMcpTools('tested', client as never)
    return {
      tools: async () => described(tools),
      async call(name, args) {
        const tool = tools.find((each) => each.name === name)
        if (!tool) throw new Error(`no tool ${name}`)
        const { content } = await tool.invoke({ type: 'tool_call', id: 'call-1', name, args } as never)
        return { content }
      },
      close: () => client.close(),
    }
  },
}

/** One process for all connections of a kind: to start Python takes longer than all its work. */
class PythonHost {
  readonly #kind: 'mcp' | 'fastmcp'
  readonly #program: string
  #process: ChildProcess | undefined
  #answers: { [id: string]: (answer: { value?: unknown; fault?: string }) => void } = {}
  #asked = 0

  constructor(kind: 'mcp' | 'fastmcp', program: string) {
    this.#kind = kind
    this.#program = program
  }

  async connect(server: Started): Promise<Connection> {
    const connection = `connection-${++this.#asked}`
    const ask = (what: object) => this.#ask({ connection, ...what })
    await ask({ open: server })
    return {
      tools: async () => described((await ask({ tools: true })) as { name: string }[]),
      call: (tool, args) => ask({ call: [tool, args] }),
      close: async () => void (await ask({ close: true })),
    }
  }

  end(): void {
    this.#process?.kill('SIGKILL')
    this.#process = undefined
  }

  #ask(what: object): Promise<unknown> {
    this.#process ??= this.#start()
    const id = String(++this.#asked)
    const answered = new Promise<unknown>((resolve, reject) => {
      this.#answers[id] = ({ value, fault }) => (fault === undefined ? resolve(value) : reject(new Error(fault)))
    })
    this.#process.stdin?.write(`${JSON.stringify({ id, ...what })}\n`)
    return answered
  }

  #start(): ChildProcess {
    const program = join(__dirname, 'python_host.py')
    const started = spawn(this.#program, [program, this.#kind], { stdio: ['pipe', 'pipe', 'ignore'] })
    createInterface({ input: started.stdout }).on('line', (line) => {
      const { id, ...answer } = JSON.parse(line) as { id: string; value?: unknown; fault?: string }
      this.#answers[id]?.(answer)
      delete this.#answers[id]
    })
    started.once('close', () => {
      for (const tell of Object.values(this.#answers)) tell({ fault: 'the host in Python has ended' })
    })
    return started
  }
}

const inPython = [new PythonHost('mcp', python('python')), new PythonHost('fastmcp', pythonMcp1('python'))] as const
export const endPythonHosts = (): void => inPython.forEach((host) => void host.end())

export const hosts = { official, first, aiSdk, langchain, python: inPython[0], fastmcp: inPython[1] } satisfies {
  [name: string]: McpHost
}
