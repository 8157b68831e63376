// Rules: test/operations/policy/observed.test.ts
import { fillingOf } from '../policy/filling.ts'
import type { Observed } from '../policy/observed.ts'
import type { Command } from '../record/commands.ts'
import type { Event, EventType } from '../record/events.ts'
import { type ApprovalRequest, openStage } from '../record/request.ts'
import type { Refusal } from '../refusals.ts'

const acts = [
  'Submitted',
  'CredentialIntended',
  'UseBegun',
  'Delegated',
  'Revoked',
  'Denied',
  'BreakGlassOpened',
  'Reviewed',
] as const satisfies readonly EventType[]
type Act = Extract<Event, { type: (typeof acts)[number] }>
const isAct = (event: Event): event is Act => acts.some((type) => type === event.type)

/** Adds the outcome under observed policies to a command's event. */
export function markObserved(command: Command, events: readonly Event[]): readonly Event[] {
  if (command.type === 'decide')
    return events.map((event) => {
      const observed = event.type === 'Decided' ? command.wouldBe?.[event.as] : undefined
      return observed ? { ...event, observed } : event
    })
  const observed = observedOf(command)
  const at = observed ? events.findIndex(isAct) : -1
  return events.map((event, index) => (observed && index === at && isAct(event) ? { ...event, observed } : event))
}

const byPolicy: ReadonlySet<Refusal> = new Set([
  'policy_denied',
  'not_permitted',
  'not_eligible',
  'approver_not_eligible',
  'stage_not_open',
])

/** The outcome under observed policies. Only for refusals by policy, since a permit would change no other refusal. */
export function observedOfRefusal(state: ApprovalRequest, command: Command, code: Refusal): Observed | undefined {
  if (!byPolicy.has(code)) return undefined
  const observed = command.type === 'decide' ? atOpenStage(state, command.wouldBe) : observedOf(command)
  return observed?.outcome === 'refused' ? undefined : observed
}

function atOpenStage(
  state: ApprovalRequest,
  wouldBe: Extract<Command, { type: 'decide' }>['wouldBe'],
): Observed | undefined {
  const open = openStage(state)
  const name = open && fillingOf(open).names.find((each) => wouldBe?.[each])
  return name === undefined ? undefined : wouldBe?.[name]
}

const observedOf = (command: Exclude<Command, { type: 'decide' }>): Observed | undefined =>
  command.type === 'submit' ? command.wouldBe : 'answer' in command ? command.answer.wouldBe : undefined
