import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe as describeTask } from '../../../client/requests/describe.ts'
import { thisMachine } from '../../../client/surroundings.ts'
import { resizeWorker } from '../../channels/slack/cards/states.ts'
import { repairPlan } from '../../support/plan.ts'
import { prodParameter, type What } from '../../support/world.ts'
import { AgentMachine, approve, prod, staging } from '../support/agent-machine.ts'
import { useLoginScene } from '../support/login-scene.ts'
import { useScene } from '../support/scene.ts'
import type { Terminal } from '../support/terminal.ts'

/** The lines under `next` are typed as they are printed. */

/** The lines under `next`, to the end or the next name. */
const nextIn = (out: string): string[] => {
  const [, block = ''] = /^next {5}(.*(?:\n {9}.*)*)/m.exec(out) ?? []
  return block.split('\n').map((line) => line.trim())
}

/** The words as a shell splits them. */
function wordsOf(line: string): string[] {
  const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${line}`])
  const [npx, flag, program, ...words] = stdout.toString().split('\0').slice(0, -1)
  expect([npx, flag, program]).toEqual(['npx', '--no-install', 'hotwork'])
  return words
}

describe('of a request', () => {
  const scene = useScene()
  const submitted = async (what: What) => (await scene.api.world.submitted(what)).ask.id
  let agent: AgentMachine
  beforeEach(() => {
    agent = new AgentMachine(scene)
    writeFileSync(join(agent.home, 'CMD...'), '#!/bin/sh\n', { mode: 0o700 })
    agent.env['PATH'] = `${agent.home}:/bin`
  })
  afterEach(() => agent.close())

  const asked = (path: string) => async (): Promise<[Terminal, string]> => {
    const { out } = await agent.type('request', path)
    // A wait ends at once.
    await approve(scene, /req_[0-9a-z]{26}/.exec(out)?.[0] ?? '').catch(() => {})
    return [agent, out]
  }
  const endsSoon = async (): Promise<[Terminal, string]> => {
    const id = await agent.asked(staging)
    await agent.type('credentials', id)
    scene.advance(800)
    agent.logIn()
    return [agent, (await agent.type('wait', id)).out]
  }
  const shown = (who: string, make: () => Promise<string>) => async (): Promise<[Terminal, string]> => {
    const at = scene.at(who)
    return [at, (await at.type('show', await make())).out]
  }

  const narrowed = ['approve', 'deny', 'revise', 'question', 'narrow', 'narrow', 'narrow']
  test.each<[what: string, make: () => Promise<[Terminal, string]>, verbs: string[]]>([
    ['an agent, while people decide', asked(prod), ['wait', 'cancel']],
    ['an agent, once it is approved', asked(staging), ['exec', 'complete']],
    ['an agent, where its grant ends soon', endsSoon, ['extend', 'exec', 'complete']],
    [
      'a person, while they decide',
      shown('ana', () => submitted(prodParameter)),
      ['approve', 'deny', 'revise', 'question', 'narrow'],
    ],
    ['a narrowable request', shown('ben', () => submitted(resizeWorker)), narrowed],
    ['a plan', shown('ana', () => submitted(repairPlan)), narrowed],
    ['a person, once it is approved', shown('gus', async () => (await scene.api.world.approved()).ask.id), ['revoke']],
  ])('each next line parses as it is printed for %s', async (_, make, verbs) => {
    const printed = nextIn((await make())[1])
    expect(printed.map((line) => wordsOf(line)[0])).toEqual(verbs)
    for (const at of printed.keys()) {
      const [terminal, out] = await make()
      const { exit, err } = await terminal.type(...wordsOf(nextIn(out)[at] ?? ''))
      expect({ exit, err }).not.toMatchObject({ exit: 2 })
    }
  })
})

describe('on the local stack', () => {
  const scene = useLoginScene()

  test('each next line of an agent carries the --as that was typed, before what is another program', () => {
    const id = `req_${'0'.repeat(26)}`
    const about = { tier: 0, round: 1, digest: '', arguments_digest: '', unpinned: [], stages: [] }
    const at = '2026-12-01T08:00:00Z'
    const grant = { claim_by: at, not_after: at, uses_left: 1, status: 'live', ends_soon: true }
    const task = {
      task: { id, status: 'approved', expires_at: at, display: {} },
      hotwork: { ...about, grant },
    } as const
    const told = { settings: { apiUrl: '', as: 'agent:builder' }, surroundings: thisMachine({ file: '', version: '' }) }
    const lines = nextIn(describeTask({ task }, told).join('\n'))
    expect(lines.map((line) => wordsOf(line).slice(0, 1).concat(wordsOf(line).slice(-4)))).toEqual([
      ['extend', '--minutes', '5', '--as', 'agent:builder'],
      ['exec', '--as', 'agent:builder', '--', 'CMD...'],
      ['complete', 'complete', id, '--as', 'agent:builder'],
    ])
  })

  test('each next line of a person carries the --as that was typed', async () => {
    scene.writeLocalFile('ana')
    const { terminal, api } = scene
    const { id } = (await api.world.submitted(prodParameter)).ask
    const { out } = await terminal.type('show', id, '--as', 'person:ana')
    const lines = nextIn(out)
    expect(lines.length).toBeGreaterThan(1)
    for (const line of lines) expect(wordsOf(line).slice(-2)).toEqual(['--as', 'person:ana'])
  })
})
