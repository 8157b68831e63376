import { inert, lookalikeNote } from '../../domain/inert.ts'
import { type Bundle, personOf } from '../../domain/policy/bundle.ts'
import type { PersonId } from '../../domain/values.ts'
import { duration } from '../../domain/values.ts'
import type { Plan, PlannedStage } from '../../operations/requests/plan-request.ts'

/** A plan for a person to read, one thing a line. What comes from the asker is made inert: a terminal obeys escapes. */
export function describePlan(plan: Plan, bundle: Pick<Bundle, 'directory'>): string {
  if (plan.outcome === 'refused')
    return [
      `Refused: ${plan.reason}. No approval can help.`,
      ...(plan.detail === undefined ? [] : [`  ${inert(plan.detail)}`]),
      ...(plan.policies.length === 0 ? [] : [`  by ${plan.policies.join(', ')}`]),
    ].join('\n')
  const { claimWithin, lifetime, uses } = plan.grant
  return [
    `${inert(plan.title)}${lookalikeNote(plan.title)}`,
    `  ${plan.action} on ${inert(plan.resource.id)}${lookalikeNote(plan.resource.id)}`,
    `  in ${plan.environment}, ${plan.classification} data`,
    '',
    `Tier ${plan.tier}, ${plan.name}`,
    `  permitted by ${plan.policies.join(', ') || 'no policy that has an id'}`,
    ...(plan.tier === 0 ? [] : [`  one rung lower: ${whyNotLower(plan.below)}`]),
    '',
    ...(plan.stages.length === 0
      ? ['Nobody is asked.']
      : plan.stages.flatMap((stage, at) => stageLines(stage, at, bundle))),
    '',
    `Then a grant: claimed within ${duration(claimWithin)}, good for ${duration(lifetime)} and ${uses} ${uses === 1 ? 'use' : 'uses'}, as ${kinds[plan.credential] ?? plan.credential}`,
    plan.unpinned.length === 0
      ? 'The credential leaves nothing open.'
      : `The credential leaves open:\n${plan.unpinned.map((line) => `  - ${inert(line)}`).join('\n')}`,
  ].join('\n')
}

const kinds: { readonly [credential: string]: string } = {
  token: 'an access token',
  sts: 'AWS credentials',
  mediated: 'one call that Hotwork makes itself',
}

const whyNotLower = (below: readonly string[]) =>
  below.length === 0 ? 'no policy permits it' : `refused by ${below.join(', ')}`

function stageLines(stage: PlannedStage, at: number, bundle: Pick<Bundle, 'directory'>): string[] {
  const { name, quorum, people, channel, deadline, silence, reminders, login, comment } = stage
  const names = (list: readonly PersonId[]) => list.map((id) => `${personOf(bundle as Bundle, id)?.name ?? ''} (${id})`)
  const all = (list: readonly PersonId[]) => names(list).join(', ') || 'nobody'
  const notified = (who: Pick<PlannedStage, 'notified' | 'unreachable'>) =>
    `will notify ${who.notified.length} people${who.notified.length === 0 ? '' : `: ${all(who.notified)}`}${
      who.unreachable.length === 0 ? '' : `; not in Slack: ${all(who.unreachable)}`
    }`
  return [
    `Stage ${at + 1}, ${name}: ${quorum} of ${people.length}`,
    `  may decide: ${all(people)}`,
    `  card in ${channel}; ${notified(stage)}`,
    ...(stage.quiet.length === 0 ? [] : [`  never pinged: ${all(stage.quiet)}`]),
    `  deadline: ${duration(deadline)}`,
    silence === 'expire'
      ? '  silence: it expires'
      : `  silence: it is widened to ${silence.escalateTo} for ${duration(silence.deadline)}${
          silence.channel === undefined ? '' : `, in ${silence.channel} too`
        }: ${all(silence.people)}; ${notified(silence)}; then it expires`,
    ...(reminders.length === 0
      ? []
      : [`  reminders: after ${reminders.map(duration).join(', ')}, to who has not decided and is not quiet`]),
    `  login: ${loginOf(login)}`,
    ...(comment === undefined ? [] : ['  an approval must say why']),
  ]
}

const loginOf = (login: PlannedStage['login']): string =>
  login === undefined
    ? 'a click in Slack is enough to approve'
    : `stronger than a click in Slack: ${[
        ...(login.acr === undefined ? [] : [`\`${login.acr}\``]),
        ...(login.maxAge === undefined ? [] : [`at most ${duration(login.maxAge)} old`]),
      ].join(', ')}`
