// Rules: test/local/demo-options.test.ts
import { tellBreakGlass } from './chapters/break-glass.ts'
import { tellDrift } from './chapters/drift.ts'
import { tellKubernetes } from './chapters/kubernetes.ts'
import { tellLedger } from './chapters/ledger.ts'
import { tellMcp } from './chapters/mcp.ts'
import { tellPlan } from './chapters/plan.ts'
import { tellPolicyChange } from './chapters/policy-change.ts'
import { tellRegistry } from './chapters/registry.ts'
import { tellStory } from './chapters/requests.ts'
import { tellWords } from './chapters/words.ts'
import type { World } from './world.ts'

interface Told {
  request?: string
}

export type Chapters = { readonly [name: string]: Chapter }
type Chapter = [title: string, tell: (world: World, told: Told) => Promise<void>, about?: string]

/** The chapters that the demo tells without options, in less than two minutes. */
export const mainJob: readonly string[] = ['story', 'ledger', 'break-glass']

/** The chapters. `npm test` proves the rest. */
export const chapters: Chapters = {
  story: [
    'The story: checkout is down in prod',
    async (world, told) => {
      told.request = await tellStory(world)
    },
    'One SSM parameter is wrong. The agent asks to set exactly that one; an owner and a person from sre agree by signed clicks on one card; the agent gets a credential for it, sets it, and reports. Then the credential is dead.',
  ],
  ledger: [
    'The record',
    (world, { request }) => tellLedger(world, request as string),
    'The whole life of the story’s request, in a hash-chained ledger that this program verifies itself.',
  ],
  'break-glass': [
    'Break-glass: an incident, and no time to ask',
    tellBreakGlass,
    'The person on call opens a profile of rights alone, for minutes, with a reason and an incident, in sight of the channel. They end it when the repair is done, and another person reviews it.',
  ],
  drift: ['The world changes: a value is changed by hand after the approval, and people decide again', tellDrift],
  kubernetes: [
    'A cluster: one act by an unchanged kubectl, held by the cluster itself',
    tellKubernetes,
    'A token says one act, and policies in the cluster compare each call with it. Nothing of Hotwork runs there.',
  ],
  mcp: [
    'An MCP server behind the gate: denied, approved, and repeated after a kill',
    tellMcp,
    'The agent reaches its tools through `hotwork mcp`, which asks people before a call that the catalogue knows.',
  ],
  plan: [
    'A plan: three steps by two agents, of which the second fails',
    tellPlan,
    'A planner proposes what it may never do itself. People approve the whole as one, and each step is done by its own agent, in turn.',
  ],
  'policy-change': [
    'A change of policy: its widening, the recorded decisions it would change, and the properties it breaks',
    tellPolicyChange,
    'Before a change is deployed its author sees its effects: by questions, by the record, and by proof, or by random questions if the proving programs are not on this machine.',
  ],
  registry: [
    'An agent without a deployment: registered, handed on, and answered no',
    tellRegistry,
    'People register an agent while Hotwork runs. It asks, gets another owner, and is retired at its recertification. The role of its CI runner could do the same without asking, until the guardrail is attached.',
  ],
  words: [
    'Asked back: a question, an answer, and a suggestion of less',
    tellWords,
    'People can write to an agent: a question while they decide, and the reason when they send a request back. They may not approve what they told it to ask for.',
  ],
}

const needs: { readonly [name: string]: string } = { ledger: 'story', 'policy-change': 'story' }

export const chapterNames: readonly string[] = Object.keys(chapters)

export const describeChapters = (): string[][] => Object.entries(chapters).map(([name, [title]]) => [name, title])

/** @param all the chapters in order, each with the one that it needs */
export const withNeeds = (names: readonly string[], all = chapterNames): readonly string[] =>
  all.filter((name) => names.some((each) => each === name || needs[each] === name))

/**
 * Tells each chapter after the one that it needs. A chapter is skipped if the one it needs has failed, which is
 * counted.
 */
export async function tellChapters(world: World, names: readonly string[], all = chapters): Promise<void> {
  const told: Told = {}
  const whole = new Set<string | undefined>([undefined])
  for (const name of withNeeds(names, Object.keys(all))) {
    const [title, tell, about = ''] = all[name] as Chapter
    if (!whole.has(needs[name])) continue
    await world.report.chapter(title, about, async () => {
      await tell(world, told)
      whole.add(name)
    })
  }
}
