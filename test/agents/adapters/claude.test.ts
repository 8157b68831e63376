import { useScene } from '../../client/support/scene.ts'
import { drive, driveWith } from './drivers/claude.ts'
import type { Call } from './drivers/driver.ts'
import { tellStories } from './stories.ts'

const scene = useScene()
const theDesk = tellStories('claude', drive, scene)

const configure = (FunctionName: string): Call => ({
  ...{ id: 'call_1', tool: 'configure', input: { FunctionName, Timeout: 5 } },
})

describe('a host with `canUseTool` alone', () => {
  const driveAsked = driveWith(({ canUseTool, hooks: { PreToolUse: _, ...ends } }) => ({ canUseTool, hooks: ends }))

  test('an approved call runs, and is completed', async () => {
    const desk = theDesk()
    desk.meanwhile = () => desk.decide()
    const told = await driveAsked(desk.script([configure('checkout-api')]))
    expect([told, await desk.requests()]).toMatchObject([[{ isError: false }], [{ outcome: 'succeeded' }]])
  })

  test('a denied call does not run', async () => {
    const desk = theDesk()
    desk.meanwhile = () => desk.decide('deny')
    const told = await driveAsked(desk.script([configure('checkout-api')]))
    expect([told, desk.done]).toMatchObject([[{ isError: true, text: expect.stringContaining('People denied') }], []])
  })

  test('an ungated tool is denied, since `canUseTool` is its only answer', async () => {
    const desk = theDesk()
    const told = await driveAsked(desk.script([{ id: 'call_1', tool: 'note', input: { text: 'hello' } }]))
    expect([told, desk.done]).toMatchObject([
      [{ isError: true, text: expect.stringContaining('not among the tools that Hotwork gives permits for') }],
      [],
    ])
  })
})

test('a call for which hook and `canUseTool` both ask is one request and one run', async () => {
  const desk = theDesk()
  const both = driveWith(({ hooks, canUseTool }) => ({ hooks, canUseTool }), { ASKS_AFTER_HOOKS: 'true' })
  const told = await both(desk.script([configure('staging-api')]))
  expect([told, desk.done.length, (await desk.requests()).length]).toMatchObject([[{ isError: false }], 1, 1])
})
