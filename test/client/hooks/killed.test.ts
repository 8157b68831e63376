import type { Journal } from '../../../client/journal/journal.ts'
import { useScene } from '../support/scene.ts'
import { DyingJournal } from './support/dying-journal.ts'
import { decisionOf, HostMachine } from './support/host-machine.ts'

/** A hook that dies at any of its writes, and the next one that finds its state. */

const scene = useScene()
let machine: HostMachine
beforeEach(() => {
  machine = new HostMachine(scene)
})
afterEach(() => machine.close())

const tool = 'mcp__files__write_file'
const partsOf = (task: string, journal?: Journal) => ({
  maps: [
    {
      purpose: 'remediation',
      parent_task: { id: task },
      task: 'fixed' as const,
      tools: { [tool]: { action: 'files:WriteFile' } },
    },
  ],
  calls: machine.calls({ tool: true, ...(journal ? { journal } : {}) }),
})
const event = (id: string) => ({
  ...{ tool_name: tool, tool_use_id: id },
  tool_input: { path: 'staging/checkout.yaml', content: 'retries: 3' },
})
const dying = () =>
  new DyingJournal({ env: { XDG_STATE_HOME: machine.folder }, now: () => new Date(), pause: async () => {} })

test.each([
  ['before', false],
  ['after', true],
])(
  'a hook that is killed %s any write lets one call through per approval, and a later call is not stuck',
  async (_when, after) => {
    for (let write = 1; ; write++) {
      const task = `INC-${write}`
      const journal = dying().dieAt(write, after)
      const first = await machine.before(event(`toolu_${task}`), partsOf(task, journal))
      if (!journal.died) {
        expect(write).toBeGreaterThan(5)
        break
      }
      // The host got no answer. It may ask about the same call again, or the agent may repeat the call.
      const same = await machine.before(event(`toolu_${task}`), partsOf(task))
      const others = [
        await machine.before(event(`a_${task}`), partsOf(task)),
        await machine.before(event(`b_${task}`), partsOf(task)),
      ]
      const requests = (await machine.requests()).filter(({ ask }) => ask.parentTask.id === task)
      const heard = [first, same, ...others].map(decisionOf).filter((each) => each === 'allow').length
      const uses = requests.flatMap((each) => ('grant' in each && each.grant ? each.grant.uses : []))
      expect([write, decisionOf(first), heard <= requests.length, others.map(decisionOf)]).toEqual([
        write,
        'deny',
        true,
        ['allow', 'allow'],
      ])
      expect(uses.length).toBeLessThanOrEqual(requests.length)
    }
  },
)

test.each([
  ['before', false],
  ['after', true],
])('an end whose hook is killed %s any write is reported later, once', async (_when, after) => {
  for (let write = 1; ; write++) {
    const task = `INC-${write}`
    const call = event(`toolu_${task}`)
    expect(decisionOf(await machine.before(call, partsOf(task)))).toBe('allow')
    const journal = dying().dieAt(write, after)
    await machine.after(call, partsOf(task, journal))
    if (!journal.died) {
      expect(write).toBeGreaterThan(2)
      break
    }
    // The host does not report it again. If the hook died before the end was kept, it is never reported: people see a
    // request without an end.
    await machine.before(event(`next_${task}`), partsOf(task))
    const [, done] = (await machine.requests()).filter(({ ask }) => ask.parentTask.id === task)
    expect([write, done?.status]).toEqual([write, write === 1 && !after ? 'approved' : 'completed'])
  }
})
