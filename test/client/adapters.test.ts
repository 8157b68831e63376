import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GatedTools as ClaudeTools } from '../../client/adapters/claude.ts'
import { GatedTools as OpenAiTools } from '../../client/adapters/openai-agents.ts'
import { Hotwork } from '../../client/index.ts'
import { useScene } from './support/scene.ts'

/** What a framework may hand to an adapter, and no framework of test/agents does in its own stories. */

const scene = useScene()
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotwork-adapter-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const staging = { FunctionName: 'staging-api', Timeout: 5 }
const gating = () => {
  const identity = async () => scene.workload('agent-remediator')
  const around = { env: {}, folder, now: () => new Date(), pause: async () => {} }
  return {
    hotwork: new Hotwork({ issuer: scene.api.url, identity, stateFolder: folder }, around),
    tools: { configure: { action: 'lambda:UpdateFunctionConfiguration' } },
    purpose: 'remediation',
    parentTask: { id: 'INC-4822' },
    wait: 0,
  }
}
const requests = async () =>
  (await scene.api.world.requests.list({}, { limit: 10 })).items.map(({ state }) => state.ask.arguments)

test('OpenAI Agents: a tool that is invoked without its call is asked for with what it is given', async () => {
  const done: unknown[] = []
  const execute = async (input: object) => done.push(input)
  const { execute: run } = new OpenAiTools(gating()).tool({ name: 'configure', execute })
  await (run as (input: object, context: object) => Promise<unknown>)(staging, { context: undefined })
  expect([await requests(), done]).toEqual([[staging], [staging]])
})

describe('Claude', () => {
  const signal = new AbortController().signal
  const how = { signal, toolUseID: 'toolu_1' }
  function makeGate() {
    const gate = new ClaudeTools(gating())
    const [before] = gate.hooks.PreToolUse[0]?.hooks ?? []
    const hook = async (input: object) => {
      const event = { hook_event_name: 'PreToolUse', tool_name: 'configure', tool_input: input, tool_use_id: 'toolu_1' }
      return (await before?.(event, 'toolu_1', { signal }))?.hookSpecificOutput?.permissionDecision
    }
    const asks = async (input: object, tool = 'configure') =>
      (await gate.canUseTool(tool, input as never, how)).behavior
    return { gate, hook, asks }
  }

  test('a second call with the id of one that runs is denied, with the same input or another', async () => {
    const { hook } = makeGate()
    expect(await hook(staging)).toBe('allow')
    expect([await hook(staging), await hook({ ...staging, Timeout: 900 })]).toEqual(['deny', 'deny'])
  })

  test('what the hook has begun is allowed once more, once', async () => {
    const { hook, asks } = makeGate()
    await hook(staging)
    expect([await asks(staging), await asks(staging)]).toEqual(['allow', 'deny'])
  })

  test('what is another call by then is denied', async () => {
    const { hook, asks } = makeGate()
    await hook(staging)
    expect(await asks({ ...staging, Timeout: 900 })).toBe('deny')
    expect(await asks(staging, 'note')).toBe('deny')
  })
})
