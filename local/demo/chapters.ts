import { tellActual } from './chapters/actual.ts'
import { type LiveOpening, tellBreakGlass, tellDrill, tellMinute, tellMinuteEnd } from './chapters/break-glass.ts'
import { tellBurst, tellSlackDown } from './chapters/cards.ts'
import { tellTime } from './chapters/credentials.ts'
import { tellDelegation } from './chapters/delegation.ts'
import { tellDrift } from './chapters/drift.ts'
import { tellExport } from './chapters/export.ts'
import { tellFreeze } from './chapters/freeze.ts'
import { tellHalts, tellLag } from './chapters/halts.ts'
import { tellInventory } from './chapters/inventory.ts'
import { tellLedger } from './chapters/ledger.ts'
import { tellMcp } from './chapters/mcp.ts'
import { tellNoFromPeople, tellSilence, tellStrongerLogin, tellWrongHands } from './chapters/people.ts'
import { tellPlan } from './chapters/plan.ts'
import { tellExamples, tellNoFromPolicy, tellTierZero } from './chapters/policy.ts'
import { tellPolicyChange } from './chapters/policy-change.ts'
import { tellOAuth, tellPackage, tellPlainClient } from './chapters/programs.ts'
import { tellReceipt } from './chapters/receipt.ts'
import { tellRecertification } from './chapters/recertification.ts'
import { tellNarrowed, tellStory } from './chapters/requests.ts'
import { tellShift } from './chapters/shift.ts'
import { tellSignals } from './chapters/signals.ts'
import { tellTampered } from './chapters/tampered.ts'
import { tellFlags, tellMediated } from './chapters/uses.ts'
import { quickWorld, type World } from './world.ts'

interface Told {
  request?: string
  opening?: LiveOpening
}

type Chapter = [title: string, tell: (world: World, told: Told) => Promise<void>, about?: string]

/** Without options the demo tells these, in less than two minutes. */
export const mainJob: readonly string[] = ['story', 'ledger', 'break-glass']

const chapters: { readonly [name: string]: Chapter } = {
  'tier-zero': ['Staging: policy says tier 0, and no person is asked', tellTierZero],
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
    'All that happened to the request of the story, in a hash-chained ledger that this program verifies itself.',
  ],
  receipt: [
    'A receipt: the story for people who have nothing but a file',
    (world, { request }) => tellReceipt(world, request as string),
    'A notary with a key of its own signs what the ledger says of the request. Two programs verify it, and neither asks Hotwork.',
  ],
  'break-glass': [
    'Break-glass: an incident, and no time to ask',
    tellBreakGlass,
    'The person on call opens a profile of rights alone, for minutes, with a reason and an incident, in sight of the channel. They end it when the repair is done, and another person reviews it.',
  ],
  'break-glass-minute': [
    'Break-glass by another person, for one minute, which no person ends',
    async (world, told) => {
      told.opening = await tellMinute(await quickWorld(world))
    },
  ],
  drill: ['A drill of break-glass: all of it, with credentials that can do nothing', tellDrill],
  'no-from-people': ['People say no: one of two who could have approved denies', tellNoFromPeople],
  narrowed: ['People say: less. The others decide that anew, and the agent gets what is left', tellNarrowed],
  drift: ['The world changes: a value is changed by hand after the approval, and people decide anew', tellDrift],
  'stronger-login': ['A stronger login: at tier 3 a click in Slack is too weak', tellStrongerLogin],
  'slack-down': ['Slack is down: people decide through the API, and the card catches up', tellSlackDown],
  'no-from-policy': ['Policy says no: no approval could help, so no person is asked', tellNoFromPolicy],
  'wrong-hands': ['Wrong hands: forged and replayed clicks, and tokens where they are not good', tellWrongHands],
  flags: ['A tool behind the gate: the flag service asks before it changes a flag', tellFlags],
  mcp: [
    'An MCP server behind the gate: denied, approved, and repeated after a kill',
    tellMcp,
    'The agent reaches its tools through `hotwork mcp`, which asks people before a call that the catalogue knows.',
  ],
  mediated: ['A call that Hotwork makes itself: IAM cannot pin it, so no agent may make it', tellMediated],
  package: ['Agents of the package: ten lines, or a little more', tellPackage],
  'plain-client': ['A client without code of Hotwork: OAuth, DPoP and AuthZEN by themselves', tellPlainClient],
  oauth: ['An OAuth client of another author: it asks, waits and claims at the token endpoint', tellOAuth],
  time: ['Time runs out: each use looks at the end itself, and no timer is needed', tellTime],
  actual: ['Approved and actual: what an agent did beside what was approved is found', tellActual],
  delegation: ['A right handed on: never more than its giver has, and never for longer', tellDelegation],
  plan: [
    'A plan: three steps by two agents, of which the second fails',
    tellPlan,
    'A planner proposes what it may never do itself. People approve the whole as one, and each step is done by its own agent, in turn.',
  ],
  halts: ['A halt: one person stops an agent with all it holds, and another lifts that', tellHalts],
  signals: [
    'A signal: the identity provider disables an account, and that person’s agent stops',
    tellSignals,
    'Hotwork takes the provider’s security events (Shared Signals). One becomes a halt, which a person lifts, and a tool that keeps the agent’s token hears of it.',
  ],
  'shift-change': ['A shift change: who is on call decides, and no deployment tells Hotwork who that is', tellShift],
  lag: ['How long a dead credential lives: the same several times, for the figures', tellLag],
  examples: ['Every example request, held to the table in examples/requests/README.md', tellExamples],
  burst: ['Fifty alike: one card and one click, and fifty decisions on record', tellBurst],
  silence: [
    'No person answers, where they have seconds instead of minutes',
    async (world) => tellSilence(await quickWorld(world)),
  ],
  freeze: [
    'A freeze: what was approved waits until it is over, and nothing is ended',
    async (world) => tellFreeze(await quickWorld(world)),
  ],
  inventory: ['What hosts could do without asking: found, shown, drawn, and asked of more people', tellInventory],
  recertification: [
    'A recertification: an agent past its date does nothing, until a person who does not answer for it looks at it',
    tellRecertification,
  ],
  'policy-change': [
    'A change of policy: what it widens, what it would have decided, and what breaks of what should hold',
    tellPolicyChange,
    'Before a change is deployed its author sees what it does: by questions, by the record of what really happened, and by proof, or by random questions where the programs that prove are not on this machine.',
  ],
  export: ['The record taken away: every ask, the refused ones too, in one file that holds by itself', tellExport],
  tampered: ['The tables changed by hand: what differs from the log is found and named', tellTampered],
  'break-glass-end': [
    'The minute of break-glass is over',
    async (world, { opening }) => tellMinuteEnd(await quickWorld(world), opening as LiveOpening),
  ],
}

const needs: { readonly [name: string]: string } = {
  ledger: 'story',
  receipt: 'story',
  'policy-change': 'story',
  'break-glass-end': 'break-glass-minute',
}

export const chapterNames: readonly string[] = Object.keys(chapters)

export const describeChapters = (): string[][] => Object.entries(chapters).map(([name, [title]]) => [name, title])

export const withNeeds = (names: readonly string[]): readonly string[] =>
  chapterNames.filter((name) => names.some((each) => each === name || needs[each] === name))

/** Each after the one that it needs; where that has failed, which is counted, it is left out. */
export async function tellChapters(world: World, names: readonly string[]): Promise<void> {
  const told: Told = {}
  const whole = new Set<string | undefined>([undefined])
  for (const name of withNeeds(names)) {
    const [title, tell, about = ''] = chapters[name] as Chapter
    if (!whole.has(needs[name])) continue
    await world.report.chapter(title, about, async () => {
      await tell(world, told)
      whole.add(name)
    })
  }
}
