import { type BrokenGlass, tellBreakGlass, tellBreakGlassEnd, tellDrill } from './chapters/break-glass.ts'
import { tellBurst, tellSlackDown } from './chapters/cards.ts'
import { tellTime } from './chapters/credentials.ts'
import { tellDelegation } from './chapters/delegation.ts'
import { tellHalts, tellLag } from './chapters/halts.ts'
import { tellLedger } from './chapters/ledger.ts'
import { tellNoFromPeople, tellSilence, tellStrongerLogin, tellWrongHands } from './chapters/people.ts'
import { tellExamples, tellNoFromPolicy, tellTierZero } from './chapters/policy.ts'
import { tellNarrowed, tellStory, tellStranger } from './chapters/requests.ts'
import { tellFlags, tellMediated } from './chapters/uses.ts'
import type { World } from './world.ts'

/** The demo, chapter by chapter. */
export async function tellAll(world: World): Promise<void> {
  const { report } = world
  let story: string | undefined
  let glass: BrokenGlass | undefined
  await report.chapter(
    'Staging: nobody needs to be asked',
    'An autonomous agent sets a staging parameter. Policy says tier 0, and still the credential is for that one thing and dies with the task.',
    () => tellTierZero(world),
  )
  await report.chapter(
    'The story: checkout is down in prod',
    'One SSM parameter is wrong. The agent asks to set exactly that one; an owner and someone from sre agree by signed clicks on one card; the agent gets a credential for it, sets it, and reports. Then the credential is dead.',
    async () => {
      story = await tellStory(world)
    },
  )
  await report.chapter(
    'Somebody breaks the glass',
    'An emergency, and no time to ask: whom policy trusts with it opens it alone, for minutes, with a reason and an incident, in front of everybody.',
    async () => {
      glass = await tellBreakGlass(world)
    },
  )
  await report.chapter(
    'A drill',
    'The whole way of a break-glass, people and timers too, with credentials that can do nothing.',
    () => tellDrill(world),
  )
  await report.chapter('People say no', 'Another request, denied by one of two who could have approved it.', () =>
    tellNoFromPeople(world),
  )
  await report.chapter(
    'People say: less',
    'An approver leaves less than was asked. That is another request, on which everybody else decides anew; the agent gets what is left of it.',
    () => tellNarrowed(world),
  )
  await report.chapter(
    'A stronger login',
    'Stopping a function in prod is tier 3. A press in Slack is too weak a login for two of security; how strongly each logged in stands in the record.',
    () => tellStrongerLogin(world),
  )
  await report.chapter(
    'Slack is down',
    'Slack answers 500. People decide through the API meanwhile; once Slack is back, the card catches up.',
    () => tellSlackDown(world),
  )
  await report.chapter('Policy says no', 'Where no approval could help, nobody is asked.', () =>
    tellNoFromPolicy(world),
  )
  await report.chapter(
    'Wrong hands',
    'Clicks by people who may not, a forged click, a replayed one, and tokens at the wrong door.',
    () => tellWrongHands(world),
  )
  await report.chapter(
    'A tool behind the gate',
    'The flag service is no part of AWS. Before it changes a flag it shows Hotwork the agent’s token, the proof of its key and what it is about to do; only a yes changes the flag.',
    () => tellFlags(world),
  )
  await report.chapter(
    'A call that Hotwork makes itself',
    'IAM can pin a function, not what is done to it. So nobody gets a credential for that: Hotwork makes the one call that was approved, once, and hands on the answer.',
    () => tellMediated(world),
  )
  await report.chapter(
    'A stranger’s client',
    'examples/plain-client has no code of ours: OAuth and DPoP by standard libraries, AuthZEN by fetch.',
    () => tellStranger(world),
  )
  await report.chapter('Time runs out', 'Expiry is read, not fired: a dead timer leaves a dead credential.', () =>
    tellTime(world),
  )
  await report.chapter(
    'A right handed on',
    'The remediator gives a right out of its own grant to the builder: never more than it has, and never for longer than it lives.',
    () => tellDelegation(world),
  )
  await report.chapter(
    'The kill switch',
    'An agent goes wild. One person stops it, at once in Hotwork and as fast as denies spread in AWS; another lifts that, and only what is asked anew works.',
    () => tellHalts(world),
  )
  await report.chapter(
    'How long a dead credential lives',
    'The same again several times over, for the figures. Hotwork’s own no is there with the answer. IAM’s comes through a stream, a queue and IAM itself, which here is the emulator’s: AWS adds a pace of its own, and promises none.',
    () => tellLag(world),
  )
  await report.chapter(
    'Every example request',
    'examples/requests/*.json, each through its whole life, held to the table in their README.md. Where a click is too weak a login (tier 3), people decide through the API with a stronger one.',
    () => tellExamples(world),
  )
  await report.chapter(
    'Fifty alike',
    'A build bot asks to set fifty flags. They come as one card with a line for each, and cost one press; the record has fifty decisions.',
    () => tellBurst(world),
  )
  await report.chapter(
    'Nobody answers',
    'The same organisation once more, deployed beside the first with seconds where the sample has minutes: silence is waited for.',
    async () => tellSilence(await world.quick()),
  )
  const broken = glass
  if (broken)
    await report.chapter(
      'The minute is over',
      'The glass was broken for a minute, some chapters ago, and nobody has ended it since.',
      () => tellBreakGlassEnd(world, broken),
    )
  const id = story
  if (id !== undefined)
    await report.chapter('The record', `The ledger of ${id}, the story.`, () => tellLedger(world, id))
}
