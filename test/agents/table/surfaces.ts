/** First a file of tests, then words from the names of its tests. */
export type Proof = readonly [file: string, ...tests: string[]]
export type Cell = { says: string; proof: Proof }
export type Surface = {
  /** In Markdown. */
  where: string
  page: string
  /** Packages of test/agents, by name; or words. */
  tested: readonly string[]
  waits: Cell
  restart: Cell
  closed: Cell
  cannotStop: string
}

const gated = 'test/client/gated/gated-calls.test.ts'
const hook = 'test/client/hooks/host-hook.test.ts'
const sidecar = 'test/client/sidecar/sidecar.test.ts'
const stories = 'test/agents/adapters/stories.ts'
const exec = 'test/client/requests/exec.test.ts'
const oauth = 'test/client/deferred-token.test.ts'

const killedHook: Cell = {
  says: 'yes: the next call goes on with the request',
  proof: [sidecar, 'a hook that is killed while people decide leaves the request'],
}
const killedFramework: Cell = {
  says: 'yes: the same call id is the same request, and runs once',
  proof: [
    stories,
    'a call whose process is killed while it waits is run once',
    'a call whose process is killed while it runs is not run again',
  ],
}
const closedFramework: Cell = {
  says: 'yes: the tool does not run',
  proof: [stories, 'a call does not run while Hotwork cannot be reached', 'a call that policy refuses does not run'],
}

/** The places where agents run, and the promises there, each with its tests. */
export const surfaces: readonly Surface[] = [
  {
    where: 'an MCP server, under any MCP host: `hotwork mcp`',
    page: 'mcp.md',
    tested: ['the servers and clients below'],
    waits: {
      says: 'a task, or the page of the request; else 50 s a call, and a repeat goes on with the same request',
      proof: [gated, 'a repeat joins the same pending request', 'people are waited for within the wait'],
    },
    restart: {
      says: 'yes: of host, gate and server; a call is sent once',
      proof: [
        gated,
        'another process finds a call by its request, does it and has its value',
        'an answer that is lost for good',
      ],
    },
    closed: {
      says: 'yes',
      proof: [gated, 'nothing is sent while Hotwork does not answer', 'a call that fails its last check is refused'],
    },
    cannotStop: 'a call that the map lets pass; an agent that has the server, or its secret, without the gate',
  },
  {
    where: 'Claude Code: a hook',
    page: 'claude-code.md',
    tested: ['2.1.332, by hand'],
    waits: {
      says: '9½ minutes a call, then `deny` or `defer`; a repeat goes on',
      proof: [
        hook,
        'is denied while people have not decided',
        'goes on with the same request',
        'a call is deferred if',
      ],
    },
    restart: killedHook,
    closed: {
      says: 'yes, with the settings that we ship (`onFailure`)',
      proof: [hook, 'a gated call is denied while Hotwork does not answer'],
    },
    cannotStop: 'settings without the hook; what another tool does, such as `Bash`',
  },
  {
    where: 'Codex: a hook',
    page: 'codex.md',
    tested: ['0.171.0, by hand'],
    waits: {
      says: '9½ minutes a call; a repeat goes on',
      proof: [hook, 'of Codex is never deferred', 'goes on with the same request'],
    },
    restart: killedHook,
    closed: {
      says: 'ours does; Codex lets a call pass whose hook fails or is late',
      proof: [hook, 'a gated call is denied while Hotwork does not answer'],
    },
    cannotStop: 'the same, and a hook that is not trusted',
  },
  {
    where: 'adapters of the Agent Approval Protocol v1: `hotwork sidecar`',
    page: 'aap.md',
    tested: ['agentapprovalprotocol', 'pydantic-ai-slim'],
    waits: {
      says: 'the `timeout` of the call',
      proof: ['test/agents/sidecar/aap.test.ts', 'an undecided call is withdrawn at its end'],
    },
    restart: {
      says: 'yes',
      proof: ['test/agents/sidecar/aap.test.ts', 'a call that waits while the sidecar is killed and started again'],
    },
    closed: {
      says: 'yes',
      proof: [
        'test/client/sidecar/approvals.test.ts',
        'a request while Hotwork does not answer is 503, permits nothing',
        'of a tool that no map names is denied',
      ],
    },
    cannotStop: 'a tool that the adapter does not send; an adapter that ignores a no',
  },
  {
    where: 'Vercel AI SDK: `hotwork/ai-sdk`',
    page: 'ai-sdk.md',
    tested: ['ai'],
    waits: {
      says: 'as you say, then the run ends and goes on later',
      proof: ['test/agents/adapters/ai-sdk.test.ts', 'a run ends with an approval request, and goes on in another'],
    },
    restart: killedFramework,
    closed: closedFramework,
    cannotStop: 'a tool that is not wrapped; code of the app that calls the service itself',
  },
  {
    where: 'LangChain, LangGraph: `hotwork/langchain`',
    page: 'langchain.md',
    tested: ['langchain'],
    waits: {
      says: 'as you say, then the tool tells the model to call again',
      proof: [stories, 'a call waits for people, and runs once', 'an undecided call does not run'],
    },
    restart: killedFramework,
    closed: closedFramework,
    cannotStop: 'middleware between it and the tool; the same',
  },
  {
    where: 'OpenAI Agents: `hotwork/openai-agents`',
    page: 'openai-agents.md',
    tested: ['@openai/agents'],
    waits: {
      says: 'as you say, then the state is a string and goes on later',
      proof: ['test/agents/adapters/openai-agents.test.ts', 'a state is kept as a string, with its request'],
    },
    restart: killedFramework,
    closed: closedFramework,
    cannotStop: 'hosted tools, which run at the provider; the same',
  },
  {
    where: 'Strands: `hotwork/strands`',
    page: 'strands.md',
    tested: ['@strands-agents/sdk'],
    waits: {
      says: 'as you say, then the agent pauses and is resumed',
      proof: ['test/agents/adapters/strands.test.ts', 'an agent pauses, and goes on when it is resumed'],
    },
    restart: killedFramework,
    closed: closedFramework,
    cannotStop: 'a tool that is called past the agent; the same',
  },
  {
    where: 'Claude Agent SDK: `hotwork/claude`',
    page: 'claude-agent-sdk.md',
    tested: ['@anthropic-ai/claude-agent-sdk'],
    waits: {
      says: 'as you say, then `deny`; a repeat goes on',
      proof: ['test/agents/adapters/claude.test.ts', 'an approved call runs, and is completed'],
    },
    restart: killedFramework,
    closed: closedFramework,
    cannotStop: 'what another tool does, such as `Bash`; the same',
  },
  {
    where: 'an agent with an OAuth library alone',
    page: 'oauth.md',
    tested: ['openid-client', 'Authlib'],
    waits: {
      says: 'until the request ends: `authorization_pending` to each poll',
      proof: [oauth, 'waited for by a code, and claimed by its key'],
    },
    restart: {
      says: 'yes, with the same key: the same ask is the same request, until its token was given',
      proof: [oauth, 'and after a lost answer', 'asks after the approval has the token'],
    },
    closed: {
      says: 'yes: no token',
      proof: [oauth, 'a client gets no code while none can be signed', 'ends the wait'],
    },
    cannotStop: 'what the token allows, at its tool, until it ends. It is the wall',
  },
  {
    where: 'a command that calls AWS: `hotwork exec`',
    page: '../command-line.md',
    tested: ['any SDK of AWS'],
    waits: {
      says: '30 minutes, or as you say; then by the id of the request',
      proof: [exec, 'a pending request starts no command: 3, with how to go on'],
    },
    restart: {
      says: 'yes: by the id of the request; the command is started once',
      proof: [
        exec,
        '`exec` that is killed gives no new credential',
        'one of two concurrent processes starts the command',
      ],
    },
    closed: {
      says: 'yes: no credential',
      proof: [exec, 'interrupted while Hotwork does not answer', 'a refused request starts no command: 4'],
    },
    cannotStop: 'what the credential allows: the approved action, until it ends. It is the wall',
  },
]
