import { approvalsOf, keyOf, openStage } from '../../../functions/domain/record/request.ts'
import type { PersonId } from '../../../functions/domain/values.ts'
import { always, asSeen, ineligible, inForce, on, type Rule, termsOf, unfilled } from './rule.ts'
import { roundsOf } from './scenarios.ts'
import type { Step } from './search.ts'
import { absentFor, answerIn, eligibleIn } from './world.ts'

/** INV1-INV3: the people who may approve, and the end of their approvals. */
export const rulesOfApproval: readonly Rule[] = [
  on(
    'INV1',
    "nothing is approved or claimed without every stage's quorum",
    ['Approved', 'CredentialIntended', 'CredentialIssued', 'UseBegun', 'Delegated'],
    (event, seen, { scenario }) => {
      const stage = unfilled(scenario, seen)
      return stage && `\`${event.type}\` while \`${stage.name}\` lacks its quorum`
    },
  ),
  on(
    'INV1',
    'a decision is on the digest and round in force',
    ['Decided'],
    (event, _seen, step) => !asSeen(step) && `\`${event.stage}\` is decided on another ask`,
  ),
  on(
    'INV1',
    'silence is never consent',
    ['Approved'],
    (_event, seen, step) =>
      step.command.type !== 'submit' &&
      // After a change of the state that needs no approver.
      !(inForce(step.scenario, seen).stages.length === 0 && step.told[0]?.event.type === 'StateChanged') &&
      !(step.command.type === 'decide' && step.command.verdict === 'approve') &&
      `approved by \`${step.command.type}\``,
  ),
  on(
    'INV1',
    'a grant is claimed and delegated with its own key: the one that asked, or that an entry bound',
    ['CredentialIntended', 'Delegated'],
    ({ type }, seen, { command }) => 'jkt' in command && command.jkt !== seen.key && `\`${type}\` with another key`,
  ),
  on(
    'INV1',
    'a key is bound to a request without one, or replaces another if the registration permits it',
    ['KeyBound'],
    ({ replaces, jkt }, seen, { scenario, command }) => {
      const claims = command.type === 'intend' && command.claim === 'access_token'
      const binds = claims || command.type === 'delegate' || command.type === 'answer_question'
      if (!binds || command.jkt !== jkt) return 'the command has another key'
      if (replaces !== seen.key) return 'it names the wrong replaced key'
      return seen.key !== undefined && !(claims && scenario.mayRebind) && 'its key is replaced'
    },
  ),
  always('INV1', 'the key in the state is the one in the ledger', (after, sees) =>
    keyOf(after) === sees.key ? undefined : 'another key',
  ),
  on(
    'INV1',
    'an approval of a tier that asks for the name of the resource comes with exactly that',
    ['Decided'],
    ({ verdict, stage, typed }, seen, { command, scenario }) => {
      const name = 'typed' in command ? command.typed : undefined
      if (verdict !== 'approve' || !termsOf(scenario, seen, stage)?.typeTheName) return false
      return (name !== scenario.ask.resource.id.split('/').at(-1) || !typed) && `approved with ${name ?? 'no name'}`
    },
  ),
  on('INV2', 'a person counts once', ['Decided'], ({ actor, verdict, for: absent }, seen) => {
    const counted = seen.approvals.flatMap((each) => [each.person, each.for])
    const again = [actor.id, absent].find((each) => each !== undefined && counted.includes(each))
    return verdict === 'approve' && again && `${again} approves again`
  }),
  on(
    'INV2',
    'no owner of the requesting agent decides',
    ['Decided'],
    ({ actor, for: absent }, _seen, { scenario: { ask } }) =>
      [actor.id, absent].includes(ask.owner) && `${ask.owner} decides on their own agent`,
  ),
  on(
    'INV2',
    'a person who told the agent to ask for it does not decide it, nor does their stand-in',
    ['Decided'],
    ({ actor, for: absent }, _seen, { scenario, world }) => {
      const person = actor.id as PersonId
      const behind = [person, absent, absentFor(scenario, world, person)]
      const told = scenario.ask.barred?.find((each) => behind.includes(each))
      return told && `${person} decides what ${told} told the agent`
    },
  ),
  on('INV2', 'a person approves the open stage, under a name of their own', ['Decided'], (event, seen, step) => {
    const { scenario, world } = step
    const actor = event.actor.id as PersonId
    if (event.for !== undefined && event.for !== absentFor(scenario, world, actor))
      return `${actor} decides for ${event.for}, who is not absent`
    if (!eligibleIn(scenario, world)[event.for ?? actor]?.includes(event.as))
      return `${event.for ?? actor} is not eligible as \`${event.as}\``
    if (event.verdict !== 'approve') return undefined
    // A narrower decided on the stage that was open before.
    const open = seen.open ?? seen.narrowedAt
    if (event.stage !== open?.stage) return `\`${event.stage}\` is not open`
    const wider = termsOf(scenario, seen, event.stage)?.onSilence
    const names = [event.stage, ...(open.escalated && wider && wider !== 'expire' ? [wider.escalateTo] : [])]
    return !names.includes(event.as) && `\`${event.as}\` may not decide \`${event.stage}\` yet`
  }),
  on(
    'INV1',
    'a narrowing leaves what its maker said, on the rung that it needs, three times at most',
    ['Narrowed'],
    ({ ask, tier, stages, round }, seen, { scenario, command }) => {
      const left = roundsOf(scenario)[seen.round]
      if (command.type !== 'decide' || command.narrowed?.ok !== true || !left) return 'no person narrowed it'
      if (seen.round > 3) return 'a fourth time'
      if (ask.digest !== left.ask.digest || ask.uses > inForce(scenario, seen).ask.uses) return 'it leaves another ask'
      if (tier !== left.tier || `${stages.map(({ name }) => name)}` !== `${left.stages.map(({ name }) => name)}`)
        return 'it is on another rung'
      return round !== seen.round + 1 && `it makes round ${round} of ${seen.round}`
    },
  ),
  on(
    'INV1',
    'a stage for owners has the channels of its first opening, and no other stage has any',
    ['StageOpened'],
    ({ stage, channels }, seen, { scenario, command }) => {
      const isForOwners = termsOf(scenario, seen, stage)?.channel === '{owners}'
      const today = `${command.owning ?? 'approvals'}`
      if (!isForOwners) return channels !== undefined && `\`${stage}\` names its channel`
      return `${channels}` !== `${seen.channels[stage] ?? today}` && `\`${stage}\` is in ${channels}`
    },
  ),
  always('INV1', 'the channels of the open stage are those in the ledger', (after, sees) => {
    const open = openStage(after)
    const listed = open && sees.channels[open.terms.name]
    return listed !== undefined && `${open?.channels}` !== `${listed}` ? 'other channels' : undefined
  }),
  always('INV1', 'the ask in the state is the one in the ledger', (after, sees, scenario) => {
    const { ask, tier } = inForce(scenario, sees)
    if (after.round !== sees.round) return `round ${after.round}, in the ledger ${sees.round}`
    const same = after.ask.digest === ask.digest && after.ask.uses === ask.uses && after.tier === tier
    return same ? undefined : 'another ask'
  }),
  always('INV1', 'the approvals in the state are those in the ledger, with name and login', (after, sees) => {
    const said = (approvals: Step['sees']['approvals']) =>
      `${approvals.map(({ person, stage, as, login }) => `${person} ${stage} ${as} ${login?.acr} ${login?.at}`).sort()}`
    return said(approvalsOf(after).map((each) => ({ for: undefined, ...each }))) === said(sees.approvals)
      ? undefined
      : 'other approvals'
  }),
  on(
    'INV3',
    'an approval counts only while its giver is eligible',
    ['Approved', 'CredentialIntended', 'Delegated'],
    (event, seen, step) => {
      const lost = ineligible(step, seen)
      return lost && `\`${event.type}\` on the approval of ${lost.person}, who lost the right`
    },
  ),
  on(
    'INV3',
    'an issue is at most a minute after its intent',
    ['CredentialIssued'],
    ({ credential, at }, { intendedAt }) => {
      const age = at - (intendedAt[credential] ?? at)
      return age > 60 && `issued ${age} s after its intent`
    },
  ),
  on('INV3', 'a use needs eligible approvers', ['UseBegun'], (event, seen, step) => {
    const lost = event.tool !== 'aws' && ineligible(step, seen)
    return lost && `a use on the approval of ${lost.person}, who lost the right`
  }),
  on(
    'INV3',
    'the one question is asked again at approval, issue, use and delegation',
    ['Approved', 'CredentialIntended', 'UseBegun', 'Delegated'],
    (event, _seen, { world, command }) =>
      command.type !== 'submit' &&
      command.type !== 'issue' &&
      !answerIn(world).permit &&
      `\`${event.type}\` while policy forbids`,
  ),
  on(
    'INV3',
    'only people that policy permits, or who may deny, revoke',
    ['Revoked', 'Denied'],
    (event, _seen, { command }) =>
      command.type === 'revoke' && !command.answer.permit && `\`${event.type}\` by a person who may not`,
  ),
]
