import { GatedTools as AiSdkTools } from '../../../client/adapters/ai-sdk.ts'
import { GatedTools as ClaudeTools } from '../../../client/adapters/claude.ts'
import { GatedTools as LangChainTools } from '../../../client/adapters/langchain.ts'
import { GatedTools as OpenAiTools } from '../../../client/adapters/openai-agents.ts'
import { GatedTools as StrandsTools } from '../../../client/adapters/strands.ts'
import type { Gating, Input } from '../../../client/adapters/tool-permits.ts'
import { hotworkIn } from '../support/agent-client.ts'
import { useFolder } from '../support/folder.ts'
import { useScene } from '../support/scene.ts'

/** Inputs that a framework may hand to an adapter, and that the stories of test/agents do not cover. */

const scene = useScene()
const folder = useFolder()

const staging = { FunctionName: 'staging-api', Timeout: 5 }
const gating = (pause = async () => {}) => ({
  hotwork: hotworkIn(scene, folder(), undefined, pause),
  tools: { configure: { action: 'lambda:UpdateFunctionConfiguration' } },
  purpose: 'remediation',
  parentTask: { id: 'INC-4822' },
  wait: 0,
})
const requests = async () => (await scene.requests()).map(({ ask }) => ask.arguments)
const ended = async () => (await scene.requests())[0]

test('OpenAI Agents: a tool that is invoked without its call asks with its own input', async () => {
  const done: unknown[] = []
  const execute = async (input: object) => done.push(input)
  const { execute: run } = new OpenAiTools(gating()).tool({ name: 'configure', execute })
  await (run as (input: object, context: object) => Promise<unknown>)(staging, { context: undefined })
  expect([await requests(), done]).toEqual([[staging], [staging]])
})

test('a call about another resource after one that was sent back is a new request, and the revision comes behind it', async () => {
  const configure = new AiSdkTools(gating()).tools({
    configure: { execute: async (_: Input, _options: { toolCallId: string }) => 'done' },
  }).configure
  const run = (FunctionName: string, Timeout: number, toolCallId: string) =>
    configure.execute({ FunctionName, Timeout }, { toolCallId }).catch((no: unknown) => no)
  const newest = async () => (await scene.requests())[0]?.ask
  await run('checkout-api', 5, 'call_1')
  await scene.sendBack('Less.')
  const back = await run('checkout-api', 5, 'call_1')
  expect(back).toMatchObject({
    outcome: 'revise',
    messages: [{ text: 'Less.', verdict: 'revise' }],
    suggested: undefined,
  })
  await run('checkout-worker', 5, 'call_2')
  expect(await newest()).toMatchObject({ arguments: { FunctionName: 'checkout-worker' } })
  expect(await newest()).not.toHaveProperty('revises')
  await run('checkout-api', 4, 'call_3')
  expect((await newest())?.revises).toBe((back as { request: string }).request)
})

describe('the input of a call changes while people decide', () => {
  const signal = new AbortController().signal
  const [asked, changed] = [
    { FunctionName: 'checkout-api', Timeout: 5, Tags: { by: ['agent'] } },
    { FunctionName: 'checkout-api', Timeout: 900, Tags: { by: ['agent', 'thief'] } },
  ]
  const action = 'lambda:UpdateFunctionConfiguration'
  const toolUse = (input: Input) => ({ name: 'configure', toolUseId: 'call_1', input: input as unknown })
  class ToolMessage {}

  /** Each framework's way to hand a call to its adapter. @returns the input that the tool runs with */
  const frameworks: { [name: string]: (gate: Gating, input: Input, done: Input[]) => Promise<unknown> } = {
    'the Vercel AI SDK': (gate, input, done) => {
      const { configure } = new AiSdkTools(gate).tools({
        configure: { execute: async (own: Input, _options: { toolCallId: string }) => done.push(own) },
      })
      return configure.execute(input, { toolCallId: 'call_1' })
    },
    LangChain: (gate, input, done) => {
      const { wrapToolCall } = new LangChainTools({ ...gate, parentTask: { id: 'INC-4822' }, ToolMessage })
      const request = { toolCall: { name: 'configure', args: input, id: 'call_1' }, runtime: {} }
      return wrapToolCall(request, ({ toolCall }) => done.push(toolCall.args))
    },
    'OpenAI Agents': (gate, input, done) => {
      const execute = async (own: Input, _context: object) => done.push(own)
      const { execute: run } = new OpenAiTools({ ...gate, parentTask: { id: 'INC-4822' } }).tool({
        ...{ name: 'configure', execute },
      })
      return run(input, { context: undefined })
    },
    Strands: async (gate, input, done) => {
      const event = { toolUse: toolUse(input), invocationState: {}, agent: {} }
      const tools = new StrandsTools({ ...gate, parentTask: { id: 'INC-4822' } })
      const answer = await tools.beforeToolCall(event)
      if (answer.type === 'transform') answer.apply()
      done.push(event.toolUse.input as Input)
      await tools.afterToolCall({ ...event, result: { status: 'success' } })
    },
    'the Claude Agent SDK': async (gate, input, done) => {
      const [before] = new ClaudeTools(gate).hooks.PreToolUse[0]?.hooks ?? []
      const event = { hook_event_name: 'PreToolUse', tool_name: 'configure', tool_input: input, tool_use_id: 'call_1' }
      done.push((await before?.(event, 'call_1', { signal }))?.hookSpecificOutput?.updatedInput ?? input)
    },
  }

  /** People look at the input, it changes, and they approve. */
  async function decideOn(input: () => object, gate: Partial<Gating>, run: (gate: Gating) => Promise<unknown>) {
    const pause = async () => {
      Object.assign(input(), structuredClone(changed))
      await scene.decideAll()
    }
    await run({ ...gating(pause), wait: '5m', ...gate } as Gating)
  }
  const arguments_ = ({ FunctionName, Timeout }: Input) => ({ action, arguments: { FunctionName, Timeout } })

  test.each(Object.keys(frameworks))(
    '%s runs the tool with the approved arguments, even if its input has changed',
    async (framework) => {
      const input = structuredClone(asked)
      const done: Input[] = []
      await decideOn(
        () => input,
        { tools: { configure: arguments_ } },
        (gate) => (frameworks[framework] as (typeof frameworks)[string])(gate, input, done),
      )
      expect([input, done]).toEqual([changed, [asked]])
    },
  )

  test('an author who changes the input that `tools` got does not change the call', async () => {
    const done: Input[] = []
    let given: Input = {}
    const configure = (input: Input) => {
      given = input
      return arguments_(input)
    }
    await decideOn(
      () => given,
      { tools: { configure } },
      (gate) => frameworks['LangChain']?.(gate, structuredClone(asked), done) as Promise<unknown>,
    )
    expect([given, done]).toEqual([changed, [asked]])
  })
})

test('Strands: a call whose input another handler has changed in place is completed as failed', async () => {
  const tools = new StrandsTools(gating())
  const event = {
    toolUse: { name: 'configure', toolUseId: 'call_1', input: structuredClone(staging) as unknown },
    ...{ invocationState: {}, agent: {} },
  }
  const answer = await tools.beforeToolCall(event)
  if (answer.type === 'transform') answer.apply()
  Object.assign(event.toolUse.input as object, { Timeout: 900 })
  await tools.afterToolCall({ ...event, result: { status: 'success' } })
  expect(await ended()).toMatchObject({ status: 'completed', outcome: 'failed' })
})

test('the Claude Agent SDK: a call whose input another hook has changed in place is completed as failed', async () => {
  const gate = new ClaudeTools(gating())
  const how = { signal: new AbortController().signal }
  const event = { hook_event_name: 'PreToolUse', tool_name: 'configure', tool_input: staging, tool_use_id: 'call_1' }
  const answer = await gate.hooks.PreToolUse[0]?.hooks[0]?.(event, 'call_1', how)
  const ran = answer?.hookSpecificOutput?.updatedInput
  Object.assign(ran as object, { Timeout: 900 })
  await gate.hooks.PostToolUse[0]?.hooks[0]?.({ ...event, tool_input: ran }, 'call_1', how)
  expect(await ended()).toMatchObject({ status: 'completed', outcome: 'failed' })
})

const signal = new AbortController().signal
const how = { signal, toolUseID: 'toolu_1' }
function makeGate() {
  const gate = new ClaudeTools(gating())
  const [before] = gate.hooks.PreToolUse[0]?.hooks ?? []
  const hook = async (input: object) => {
    const event = { hook_event_name: 'PreToolUse', tool_name: 'configure', tool_input: input, tool_use_id: 'toolu_1' }
    return (await before?.(event, 'toolu_1', { signal }))?.hookSpecificOutput?.permissionDecision
  }
  const asks = async (input: object, tool = 'configure') => (await gate.canUseTool(tool, input as never, how)).behavior
  return { gate, hook, asks }
}

test('Claude: a second call with the id of a running one is denied, with the same input or another', async () => {
  const { hook } = makeGate()
  expect(await hook(staging)).toBe('allow')
  expect([await hook(staging), await hook({ ...staging, Timeout: 900 })]).toEqual(['deny', 'deny'])
})

test('Claude: a call that the hook has begun is allowed once more, once', async () => {
  const { hook, asks } = makeGate()
  await hook(staging)
  expect([await asks(staging), await asks(staging)]).toEqual(['allow', 'deny'])
})

test('Claude: a call that has changed since the hook is denied', async () => {
  const { hook, asks } = makeGate()
  await hook(staging)
  expect(await asks({ ...staging, Timeout: 900 })).toBe('deny')
  expect(await asks(staging, 'note')).toBe('deny')
})
